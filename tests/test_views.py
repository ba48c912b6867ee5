"""Which trials are viewed, and how views are stored and found again."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness import views
from harness.errors import HarnessError
from harness.model import Account, ByteCounts, Case, RecordCounts, Trial, Verdict, Workload
from harness.promise import Promise

CASE = Case("split", "shared-append", "append", {}, Verdict.UNSAFE, None, Workload(), 2, "volume")
CLEAN = Account(RecordCounts(2, 2, 2), ByteCounts(2, 2))
TORN = Account(RecordCounts(2, 2, 1, 1), ByteCounts(2, 1, 1))
INTACT = frozenset({Promise.INTACT})


def chosen(*accounts: Account, promises: frozenset[Promise] = INTACT) -> list[bool]:
    choice = views.Choice()
    return [bool(choice.reason(Trial(CASE, number, 1, "d"), one, promises)) for number, one in enumerate(accounts)]


def test_the_first_trial_and_the_first_damaged_one_are_viewed() -> None:
    assert chosen(CLEAN, CLEAN, TORN, CLEAN, TORN) == [True, False, True, False, False]
    assert chosen(TORN, TORN, CLEAN) == [True, False, False]


def test_only_a_broken_promise_is_damage() -> None:
    assert chosen(CLEAN, TORN, promises=frozenset()) == [True, False]


def test_cases_are_told_apart_by_name_and_storage() -> None:
    choice = views.Choice()
    for case in (CASE, replace(CASE, storage="tmpfs"), replace(CASE, name="single")):
        assert choice.reason(Trial(case, 0, 1, "d"), CLEAN, INTACT)


def a_view(**more: Any) -> views.View:
    trial = Trial(replace(CASE, **more), 3, 7, "d")
    return views.titled({"view_version": 1, "files": []}, trial, "a test")


def test_what_is_stored_is_found_again(tmp_path: Path) -> None:
    storages = ("volume", "bind:/mnt/a", "bind:/mnt-a", f"bind:/{'x' * 300}/1", f"bind:/{'x' * 300}/2")
    for storage in storages:
        path = views.write(tmp_path, a_view(storage=storage))
        assert path.parent == tmp_path / "views" / "shared-append"
    found, notes = views.load(tmp_path)
    assert set(found) == {("shared-append/split", storage) for storage in storages}
    assert notes == []
    assert found["shared-append/split", "volume"]["trial"] == 3


def test_a_later_view_takes_the_place_of_the_former(tmp_path: Path) -> None:
    views.write(tmp_path, a_view())
    views.write(tmp_path, {**a_view(), "trial": 9})
    found, _ = views.load(tmp_path)
    assert [view["trial"] for view in found.values()] == [9]


def test_a_broken_view_is_a_note_and_no_error(tmp_path: Path) -> None:
    views.write(tmp_path, a_view())
    folder = tmp_path / "views" / "shared-append"
    (folder / "cut.json").write_text('{"case": ')
    (folder / "list.json").write_text("[]")
    (folder / "later.json").write_text(json.dumps({**a_view(storage="tmpfs"), "view_version": 2}))
    found, notes = views.load(tmp_path)
    assert list(found) == [("shared-append/split", "volume")]
    assert [note.split(":")[0] for note in notes] == [
        "the view cut.json cannot be read",
        "the view later.json is of version 2, and not 1",
        "the view list.json cannot be read",
    ]


def test_a_run_without_views_has_none(tmp_path: Path) -> None:
    assert views.load(tmp_path) == ({}, [])


def test_a_view_that_does_not_fit_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, *_: object, **__: object) -> int:
        self.touch()
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(HarnessError, match=r"cannot write results to .*No space left on device"):
        views.write(tmp_path, a_view())
    assert list(tmp_path.iterdir()) == []
