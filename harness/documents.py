"""JSON files that anybody may have written, such as results and baselines: read, and held to their schema.

What is wrong with one is told in a line that names the file, the place in it and what to do.
"""

import json
import math
from importlib import resources
from pathlib import Path
from typing import Any

from harness.errors import UsageError

MOST_DIGITS = 300
"""of a whole number, so that it is one of floating point, too"""
MOST_SHOWN = 160
"""characters of a foreign file that a message repeats"""


def read(path: Path, what: str, remedy: str) -> Any:
    """The content of a JSON file; ``what`` it is for, as messages call it. Raises UsageError."""
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is no file", f"Name the file of a {what}")
    try:
        text = path.read_text(encoding="utf-8")
        return json.loads(text, parse_constant=_no_number, parse_float=_finite, parse_int=_bounded)
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"cannot read the {what} {path}: {error}", remedy) from None


def hold(document: object, schema: str, path: Path, what: str, remedy: str) -> None:
    """Hold a document to ``<schema>.schema.json``. Raises UsageError that names the place where it differs."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    rules = json.loads((resources.files("harness") / f"{schema}.schema.json").read_text(encoding="utf-8"))
    wrong = best_match(Draft202012Validator(rules).iter_errors(document))
    if wrong is None:
        return
    where = plain(wrong.json_path[:MOST_SHOWN])
    short = len(wrong.message) <= MOST_SHOWN
    told = plain(wrong.message) if short else f"the value does not fit: {wrong.validator}"
    raise UsageError(f"{path} is no {what} of this version: {where}: {told}", remedy)


def plain(text: str) -> str:
    """The text without what could steer a terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number in JSON")


def _bounded(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"{digits[:20]}… is no number that can be computed with")
    return int(digits)


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"{digits[:20]} is no number that can be computed with")
    return value
