"""The documentation cannot drift from the tree: links lead somewhere, dependencies and packages are explained."""

import importlib.util
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest

from harness import blame, cli, scenario
from harness.analysis import causes
from harness.errors import ExitCode
from harness.promise import Promise
from harness.strategies._rotator import WRITTEN_TO_REMOVED
from harness.strategies.log_socket import GIVEN_UP
from harness.strategies.log_syslog import DROPPED

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
DOCS = ROOT / "docs"
README = ROOT / "README.md"
DEVELOPMENT = DOCS / "development.md"


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [
        *project["dependencies"],
        *(item for extra in project["optional-dependencies"].values() for item in extra),
    ]
    return {canonical(match[0]) for text in named if (match := re.match(r"[A-Za-z0-9._-]+", text))}


def table_rows() -> dict[str, str]:
    """First cell in code quotes -> second cell, over all tables of docs/development.md."""
    rows = re.findall(r"^\| `([^`]+)` \| (.+?) \|$", DEVELOPMENT.read_text(), re.MULTILINE)
    return dict(rows)


def test_every_dependency_is_justified_and_no_other() -> None:
    section = DEVELOPMENT.read_text().partition("## Dependencies")[2].partition("\n## ")[0]
    explained = {canonical(name) for name in re.findall(r"^\| `([^`]+)` \| .+ \|$", section, re.MULTILINE)}
    assert explained == requirements()


def test_every_part_of_the_package_has_its_sentence() -> None:
    package = ROOT / "harness"
    parts = {f"harness/{path.name}" for path in package.glob("*.py") if path.name != "__init__.py"}
    parts |= {f"harness/{path.parent.name}/" for path in package.glob("*/__init__.py")}
    assert parts <= set(table_rows())


def test_every_make_target_is_documented() -> None:
    targets = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {f"make {target}" for target in targets if target != "help"} <= set(table_rows())


def test_make_targets_that_messages_name_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        (str(path.relative_to(ROOT)), target)
        for path in (ROOT / "harness").rglob("*.py")
        for target in re.findall(r"[(`']make ([a-z-]+)[)`']", path.read_text())
    }
    assert {(path, target) for path, target in named if target not in targets} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_inside_the_tree_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", text)
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert not missing


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_to_headings_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|mailto:)([^)#\s]*)#([^)\s]+)\)", page.read_text())
    missing = [
        f"{path}#{anchor}" for path, anchor in links if anchor not in anchors(page.parent / path if path else page)
    ]
    assert not missing


def test_every_page_has_its_sentence_in_the_index() -> None:
    linked = set(re.findall(r"^- \[[^]]+\]\(([^)]+)\): .+\.$", (DOCS / "README.md").read_text(), re.MULTILINE))
    assert linked == {path.name for path in DOCS.glob("*.md")} - {"README.md"}


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_cli", DOCS / "generate_cli.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_on_commands_is_up_to_date() -> None:
    made = generator().page()
    assert (DOCS / "cli.md").read_text().split() == made.split(), "run make docs"


def commands(command: click.Command, path: str = "harness") -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from commands(child, f"{path} {name}")


@pytest.mark.parametrize(
    ("path", "command"), list(commands(cli.cli)), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_command_and_option_has_help_and_is_on_the_page(path: str, command: click.Command) -> None:
    section = (DOCS / "cli.md").read_text().partition(f"## {path}\n")[2].partition("\n## ")[0]
    assert section, f"{path} has no section"
    assert command.help, f"{path} has no help"
    for option in command.params:
        if isinstance(option, click.Option):
            assert all(name in section for name in option.opts)


EXIT_CODES = re.compile(r"^\| (\d+) \| .+ \|$", re.MULTILINE)


@pytest.mark.parametrize("page", [README, DOCS / "exit-codes.md"], ids=lambda path: path.name)
def test_exit_codes_are_those_of_the_program(page: Path) -> None:
    assert [int(code) for code in EXIT_CODES.findall(page.read_text())] == [int(code) for code in ExitCode]


def schema_keys(schema: Any) -> Iterator[str]:
    """All names of properties that a JSON schema knows."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        yield from schema.get("required", [])
        for part in schema.values():
            yield from schema_keys(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from schema_keys(part)


def test_every_key_of_the_result_is_explained() -> None:
    text = (DOCS / "result-schema.md").read_text()
    schema = json.loads((ROOT / "harness" / "result.schema.json").read_text())
    assert {key for key in schema_keys(schema) if f"`{key}`" not in text} == set()


def test_every_key_of_a_view_is_explained() -> None:
    text = (DOCS / "view-schema.md").read_text()
    schema = json.loads((ROOT / "harness" / "view.schema.json").read_text())
    assert {key for key in schema_keys(schema) if f"`{key}`" not in text} == set()


def test_every_cause_is_explained() -> None:
    text = (DOCS / "reading-results.md").read_text()
    named = {value for name, value in vars(causes).items() if name.isupper() and isinstance(value, str)}
    told = {blame.CONSUMER_DIED, WRITTEN_TO_REMOVED, GIVEN_UP, DROPPED}
    assert {cause for cause in named | told if f"| {cause} |" not in text} == set()


def test_every_promise_is_explained() -> None:
    text = (DOCS / "words.md").read_text()
    assert [promise for promise in Promise if f"| `{promise}` |" not in text] == []


def test_every_scenario_and_case_is_explained() -> None:
    text = (DOCS / "scenarios.md").read_text()
    for name in scenario.shipped():
        section = text.partition(f"## {name}\n")[2].partition("\n## ")[0]
        cases = re.findall(r"^\| `([a-z0-9-]+)` \| .+? \| (safe|unsafe) \| .+ \|$", section, re.MULTILINE)
        wanted = [(case.name, case.expected) for case in scenario.load(name).cases]
        assert cases == wanted, (
            f"docs/scenarios.md, section {name}: the table needs one line per case of scenarios/{name}.toml, in order: "
            "| `case` | what it does | safe or unsafe | found here, and why |"
        )


def test_every_key_of_a_scenario_is_shown_and_the_example_loads(tmp_path: Path) -> None:
    example = blocks(DOCS / "scenarios.md", "toml")[0]
    known = scenario.SCENARIO_KEYS | scenario.WORKLOAD_KEYS | scenario.CASE_KEYS
    assert {key for key in known if not re.search(rf"^(# |\[+)?{key}\b", example, re.MULTILINE)} == set()
    path = tmp_path / "example.toml"
    path.write_text(example)
    assert [case.name for case in scenario.load(str(path)).cases] == ["at-4096", "at-4097"]


@pytest.mark.parametrize("path", sorted(DOCS.glob("examples/*.toml")), ids=lambda path: path.stem)
def test_examples_load_and_are_quoted(path: Path) -> None:
    assert scenario.load(str(path)).cases
    assert f"examples/{path.name}" in (DOCS / "findings.md").read_text()


def blocks(page: Path, language: str) -> list[str]:
    """The page's code blocks in that language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
