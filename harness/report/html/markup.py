"""HTML as strings that are safe by construction: every text and attribute passes through here."""

import html
import json
from collections.abc import Iterable
from typing import Any


def tag(name: str, *children: str, **attributes: object) -> str:
    """An element. Children are markup; attributes are text, without one for None and False; ``_`` stands for ``-``."""
    parts = [
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    ]
    return f"<{name}{''.join(parts)}>{''.join(children)}</{name}>"


def text(value: object) -> str:
    """Text as markup."""
    return html.escape(str(value))


def rows(cells: Iterable[Iterable[str]]) -> str:
    """Table rows of ready cells."""
    return "".join(f"<tr>{''.join(row)}</tr>" for row in cells)


def embedded(data: Any) -> str:
    """JSON that can stand inside a script element: nothing in it ends the element or starts a comment."""
    found = json.dumps(data, separators=(",", ":"), allow_nan=False)
    for bad in "<>&":
        found = found.replace(bad, f"\\u{ord(bad):04x}")
    return found
