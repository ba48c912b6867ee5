"""The documentation cannot drift from the tree: links lead somewhere, dependencies and packages are explained."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
DEVELOPMENT = ROOT / "docs" / "development.md"


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
