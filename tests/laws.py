"""What holds for every result document, whatever was run."""

import json
from importlib.resources import files
from typing import Any

import jsonschema

OUTCOMES = ("intact", "interleaved", "truncated", "lost", "duplicated", "indeterminate", "superseded")
TORN = ("empty", "partial", "mixed", "foreign", "missing")
SEEN = ("whole", *TORN, "absent", "rejected")
OWNERS = ("intact", "fragment", "extra", "hole", "foreign")


def check(document: dict[str, Any]) -> None:
    """The schema holds; outcomes partition the records and owners partition the bytes of every trial."""
    jsonschema.validate(document, json.loads((files("harness") / "result.schema.json").read_text()))
    for case in document["cases"]:
        for trial in case["trials"]:
            if trial["error"]:
                continue
            records, sizes = trial["records"], trial["bytes"]
            assert sum(records[one] for one in OUTCOMES) == records["attempted"], (case["name"], records)
            assert sum(sizes[one] for one in OWNERS) == sizes["total"], (case["name"], sizes)
            assert records["acknowledged"] <= records["attempted"]
            if reads := trial["reads"]:
                assert sum(reads[one] for one in SEEN) == reads["total"], (case["name"], reads)
                assert reads["backward"] <= reads["stale"] <= reads["whole"]
                assert reads["overlapped"] <= reads["total"]
                assert trial["history"]["torn_reads"] == sum(reads[one] for one in TORN)


def verdicts(document: dict[str, Any]) -> dict[str, str]:
    """Case name -> verdict."""
    return {case["name"]: case["verdict"] for case in document["cases"]}
