"""The page as text: it carries all it needs, admits nothing else, and nothing in the data can change it."""

import base64
import copy
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from harness.report.html import data, page, plots, tables
from harness.report.html.markup import embedded, tag
from tests.report import runs

EVIL = "</script><script>alert(1)</script><!--style--><img src=x onerror=alert(1)>\u2028&amp;"


class Reader(HTMLParser):
    """Collects elements, attributes and the text of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inline: dict[str, list[str]] = {"script": [], "style": []}
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open = tag if tag == "style" or (tag == "script" and not dict(attrs).get("type")) else ""

    def handle_data(self, data: str) -> None:
        if self._open:
            self.inline[self._open].append(data)

    def handle_endtag(self, tag: str) -> None:
        self._open = ""


@pytest.fixture(scope="module")
def text(torn_run: Path) -> str:
    return page.render(*runs.loaded(torn_run), ["a note"])


def test_it_refers_to_nothing_outside(text: str) -> None:
    for name, attributes in Reader(text).elements:
        for key in ("src", "href", "action", "data", "poster"):
            target = attributes.get(key)
            assert target is None or target.startswith(("#", "data:")), (name, key, target)
        assert not [key for key in attributes if key.startswith("on") or key == "style"]


def test_the_policy_admits_this_script_and_this_style_and_nothing_else(text: str) -> None:
    read = Reader(text)
    (policy,) = [found["content"] for _, found in read.elements if found.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    for kind in ("script", "style"):
        digest = hashlib.sha256("".join(read.inline[kind]).encode()).digest()
        assert rules[f"{kind}-src"] == f"'sha256-{base64.b64encode(digest).decode()}'"
    assert rules["default-src"] == "'none'"


def test_all_slots_are_filled(text: str) -> None:
    assert "<!--" not in re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)


def test_nothing_in_the_data_becomes_markup(torn_run: Path) -> None:
    document, found = copy.deepcopy(runs.loaded(torn_run))
    case = document["cases"][0]
    for name in ("description", "strategy"):
        case[name] = EVIL
    case["reasons"] = [EVIL]
    document["run"]["command"] = ["harness", EVIL]
    document["run"]["error"] = EVIL
    document["scenario"]["scenarios"][0]["title"] = EVIL
    view = found[case["name"], case["storage"]]
    view["files"][0]["name"] = EVIL
    view["files"][0]["looks"][0]["text"] = EVIL[:-6]
    made = page.render(document, found, [EVIL])
    clean = page.render(*runs.loaded(torn_run), ["a note"])
    counted = [[name for name, _ in Reader(one).elements].count("script") for one in (made, clean)]
    assert counted[0] == counted[1]
    assert "onerror=alert" not in re.sub(r"&lt;.*?&gt;|<script type.*?</script>", "", made, flags=re.DOTALL)
    assert runs.embedded(made, 0)["view"]["files"][0]["name"] == EVIL


def test_embedded_data_cannot_end_its_element() -> None:
    assert "<" not in embedded([EVIL])
    assert tag("p", title='"><script>') == '<p title="&quot;&gt;&lt;script&gt;"></p>'


def test_the_numbers_stand_there_without_a_script(text: str, torn_run: Path) -> None:
    document, _ = runs.loaded(torn_run)
    for case in document["cases"]:
        assert tables.rate_text(case["summary"]) in text
        assert f"{case['summary']['damaged_trials']}/{case['summary']['trials']}" in text
    assert f"--seed {document['run']['seed']}" in text
    assert document["environment"]["kernel"] in text
    assert "NO CONTAINERS" in text


def test_the_command_repeats_the_run_with_its_seed() -> None:
    asked = {"run": {"command": ["harness", "run", "my file.toml"], "seed": 5}}
    assert page.repeat(asked) == "harness run 'my file.toml' --seed 5"
    asked["run"]["command"] = ["harness", "run", "locked", "--seed", "7"]
    assert page.repeat(asked) == "harness run locked --seed 7"


def test_costs_have_an_interval_from_four_trials_on(torn_run: Path) -> None:
    cases, _ = data.cases(*runs.loaded(torn_run))
    cost = {case["name"]: case["cost"] for case in cases}
    assert cost["shared-append/single"]["interval"] is None
    low, high = cost["shared-append/split"]["interval"]
    assert low <= cost["shared-append/split"]["ratio"] <= high
    assert len(cost["shared-append/split"]["trials"]) == 4


def test_what_is_left_out_is_said(torn_run: Path) -> None:
    document, found = copy.deepcopy(runs.loaded(torn_run))
    (split,) = [case for case in document["cases"] if case["name"].endswith("split")]
    split["trials"] = split["trials"] * 60
    cases, left_out = data.cases(document, {})
    assert [len(case["trials"]) for case in cases] == [4, data.MOST_TRIALS]
    assert "40 of 240 trials in the table (shared-append/split)" in left_out
    assert any("the run stored no view of them" in note for note in left_out)
    assert not any("the run stored no view" in note for note in data.cases(document, found)[1])


def test_odd_runs_have_a_page(torn_run: Path) -> None:
    document, found = runs.loaded(torn_run)
    text = page.render(runs.odd(document), found, [])
    assert "odd/skipped was skipped: no server here; install one" in text
    assert "The run stopped early: interrupted" in text
    assert 'class="badge skipped"' in text
    assert "2 of 3 cases came out other than expected: odd/unchecked, odd/none" in text
    empty = {**document, "cases": [], "environment": {}}
    assert "0 of 0" not in page.render(empty, {}, [])


@pytest.mark.parametrize(
    ("us", "shown"), [(0.27, "270 ns"), (1.0, "1 µs"), (999.9, "1e+03 µs"), (1500, "1.5 ms"), (2.5e6, "2.5 s")]
)
def test_durations(us: float, shown: str) -> None:
    assert tables.duration(us) == shown


def test_scales_keep_to_the_plot() -> None:
    scale = plots.log_scale(1, 1000)
    assert scale(0.001) == scale(1) == plots.INSET
    assert scale(1e9) == scale(1000) == plots.WIDTH - plots.INSET
    assert plots.rate_scale(0) == plots.INSET
    assert plots.rate_scale(0.25) == plots.WIDTH / 2
    assert plots.decades(0.4, 30) == [0.1, 1, 10, 100]
    assert plots.decades(1, 1) == [1, 10]
