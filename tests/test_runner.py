"""The runner, with a fleet that only pretends: what is sent to whom, in which order, and what errors do."""

import dataclasses
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from harness import blame, plan, runner, scenario, views
from harness import trial as trials
from harness.engines.base import Engine, EngineInfo, Fleet, FleetSpec, Member
from harness.errors import HarnessError, MemberError, SilenceError, UsageError
from harness.model import (
    Account,
    Anomaly,
    AnomalyKind,
    ByteCounts,
    Contention,
    HistoryCounts,
    ReadCounts,
    RecordCounts,
    Trial,
)
from harness.plan import Overrides
from harness.trace import reads
from harness.verdict import TrialResult

Message = Mapping[str, Any]
AHEAD_NS = 5_000_000_000
"""how far the members' clock is ahead of ours"""


class FakeMember(Member):
    """Answers each message as an agent would, and notes it in the fleet's diary."""

    def __init__(self, name: str, diary: list[tuple[str, Message]], answers: Mapping[str, Message]) -> None:
        self.name = name
        self._diary = diary
        self._answers = answers
        self._waiting: list[Message] = []

    def send(self, message: Message) -> None:
        self._diary.append((self.name, message))
        if message["op"] != "finish":
            self._waiting.append(message)

    def receive(self, timeout_s: float) -> dict[str, Any]:
        assert timeout_s > 0
        asked = self._waiting.pop(0)["op"]
        self._diary.append((self.name, {"answered": asked}))
        usual: dict[str, Message] = {
            "prepare": {"event": "ready", "monotonic_ns": time.monotonic_ns() + AHEAD_NS},
            "go": {"event": "done", "attempted": 10, "rejected": 0},
            "remove": {"event": "removed"},
        }
        return dict(self._answers.get(asked) or usual[asked])


class FakeFleet(Fleet):
    def __init__(self, spec: FleetSpec, answers: Mapping[str, Mapping[str, Message]]) -> None:
        self.diary: list[tuple[str, Message]] = []
        self.closed = 0

        def member(name: str) -> FakeMember:
            drained: dict[str, Message] = {"go": {"event": "done", "restarts": 0}} if "consumer" in name else {}
            if "observer" in name:
                drained = {"go": {"event": "done", "reads": 7, "notes": ["a note"]}}
            return FakeMember(name, self.diary, drained | dict(answers.get(name, {})))

        self.writers = [member(f"writer-{n}") for n in range(spec.writers)]
        self.consumers = [member(f"consumer-{n}") for n in range(spec.consumers)]
        self.observers = [member(f"observer-{n}") for n in range(spec.observers)]
        self.analyser = member("analyser")
        self.addresses = {service.name: ("host", 1) for service in spec.services}
        self.data = {storage: f"/data/{storage}" for storage in spec.storages}
        self.read_only = {storage: f"/read-only/{storage}" for storage in spec.storages}
        self.journals = "/journal"

    def info(self) -> EngineInfo:
        return EngineInfo("fake", "1", "0", 1, {})

    def export(self, path: str, destination: Path) -> None:
        self.diary.append(("fleet", {"op": "export", "path": path, "to": str(destination)}))

    def close(self) -> None:
        self.closed += 1


class FakeEngine(Engine):
    name = "fake"

    def __init__(self, answers: Mapping[str, Mapping[str, Message]]) -> None:
        self._answers = answers

    def start(self, spec: FleetSpec) -> Fleet:
        self.fleet = FakeFleet(spec, self._answers)
        return self.fleet


class Silent:
    def stage(self, text: str) -> None: ...
    def trial(self, number: int, total: int, trial: Trial) -> None: ...
    def close(self) -> None: ...


def accounted(records: int) -> Message:
    clean = Account(
        RecordCounts(records, records, records),
        ByteCounts(records, records),
        HistoryCounts(real_time_order=0, mutual_exclusion=0),
        Contention(1, 1, records),
    )
    return {"event": "account", "account": dataclasses.asdict(clean)}


def run(
    case: str,
    answers: Mapping[str, Mapping[str, Message]],
    trials: int = 1,
    keep_data: Path | None = None,
    viewed: Callable[[views.View], None] | None = None,
) -> tuple[FakeFleet, list[TrialResult], Exception | None]:
    name, _, only = case.partition("/")
    cases = [
        one
        for one in plan.select([scenario.load(name)], Overrides(writers=2, records=10, cases=(only,)))
        if one.name == only
    ]
    engine = FakeEngine(answers)
    results: list[TrialResult] = []
    hooks = runner.Hooks(
        Silent(), lambda fleet: None, lambda trial, result: results.append(result), keep_data, viewed=viewed
    )
    error = None
    try:
        runner.run(engine, runner.fleet_spec("id", cases), plan.make(cases, trials, 1), hooks)
    except HarnessError as raised:
        error = raised
    return engine.fleet, results, error


def told(fleet: FakeFleet) -> list[str]:
    return [f"{name} {message.get('op', '') or '< ' + str(message['answered'])}" for name, message in fleet.diary]


def test_a_trial_from_preparation_to_removal() -> None:
    fleet, results, error = run("shared-append/split", {"analyser": {"account": accounted(20)}})
    assert error is None
    assert told(fleet) == [
        "writer-0 prepare", "writer-1 prepare", "writer-0 < prepare", "writer-1 < prepare",
        "writer-0 go", "writer-1 go", "writer-0 < go", "writer-1 < go",
        "analyser account", "analyser < account", "writer-0 remove", "writer-0 < remove",
    ]  # fmt: skip
    assert fleet.closed == 1
    assert results[0].account is not None
    assert results[0].account.records == RecordCounts(20, 20, 20)


def test_consumers_are_let_finish_once_all_writers_are_done() -> None:
    fleet, results, _ = run("redis-queue/list-3", {"analyser": {"account": accounted(20)}})
    order = told(fleet)
    assert order.index("consumer-0 finish") > order.index("writer-1 < go")
    assert order.index("consumer-2 finish") < order.index("consumer-0 < go")
    jobs = [message for name, message in fleet.diary if message.get("op") == "prepare"]
    assert [(job["index"], job["count"]) for job in jobs] == [(0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]
    assert all(job["services"] == {"redis": ("host", 1)} for job in jobs)
    assert results[0].account is not None


def watched(reads: int) -> Message:
    seen = Account(RecordCounts(10, 10, 1, superseded=9), ByteCounts(), reads=ReadCounts(reads, reads, overlapped=1))
    return {"event": "account", "account": dataclasses.asdict(seen)}


def test_observers_prepare_after_the_publisher_and_read_until_it_is_done() -> None:
    fleet, results, _ = run("config-reload/rename", {"analyser": {"account": watched(14)}})
    assert told(fleet)[:15] == [
        "writer-0 prepare", "writer-0 < prepare",
        "observer-0 prepare", "observer-1 prepare", "observer-0 < prepare", "observer-1 < prepare",
        "observer-0 go", "observer-1 go", "writer-0 go", "writer-0 < go",
        "observer-0 finish", "observer-1 finish", "observer-0 < go", "observer-1 < go", "analyser account",
    ]  # fmt: skip
    jobs = [message for name, message in fleet.diary if "observer" in name and message.get("op") == "prepare"]
    assert [(job["index"], job["count"], job["read_only"], job["directory"]) for job in jobs] == [
        (0, 2, False, "/data/volume/trial-00000"), (1, 2, False, "/data/volume/trial-00000"),
    ]  # fmt: skip
    (result,) = results
    assert result.account is not None
    assert result.account.reads == ReadCounts(14, 14, overlapped=1)
    assert result.account.notes == ("a note",)


def test_observers_see_the_read_only_mount_where_the_case_says_so() -> None:
    fleet, _, _ = run("config-reload/read-only", {"analyser": {"account": watched(14)}})
    jobs = [message for name, message in fleet.diary if message.get("op") == "prepare"]
    assert [job["directory"] for job in jobs] == [
        "/data/volume/trial-00000", "/read-only/volume/trial-00000", "/read-only/volume/trial-00000",
    ]  # fmt: skip
    assert [job.get("read_only") for job in jobs] == [None, True, True]


def test_a_mount_that_is_not_read_only_leaves_the_trial_unchecked() -> None:
    wrong = {"prepare": {"event": "ready", "monotonic_ns": 1, "unfit": "the mount is not read-only"}}
    answers: dict[str, Mapping[str, Message]] = {"analyser": {"account": watched(14)}, "observer-1": wrong}
    _, results, _ = run("config-reload/read-only", answers)
    assert (results[0].account, results[0].error) == (None, "the mount is not read-only")


def test_reads_that_the_logs_do_not_tell_of_leave_the_trial_unchecked() -> None:
    _, results, _ = run("config-reload/rename", {"analyser": {"account": watched(13)}})
    assert (results[0].account, results[0].error) == (None, "reads in the logs: 13, but 14 by the observers")


def test_journals_have_room_for_reads() -> None:
    with_observers = runner.fleet_spec("id", plan.select([scenario.load("config-reload")], Overrides()))
    assert with_observers.observers == 2
    assert with_observers.writers == 1
    assert with_observers.journal_bytes > 2 * reads.MAX_READS * 40


def test_the_start_instant_is_ahead_on_the_members_own_clock() -> None:
    fleet, _, _ = run("shared-append/split", {"analyser": {"account": accounted(20)}})
    instants = {message["start_ns"] for _, message in fleet.diary if message.get("op") == "go"}
    (instant,) = instants
    assert -60_000_000_000 < instant - AHEAD_NS - time.monotonic_ns() < 60_000_000_000


def test_an_account_that_does_not_add_up_leaves_the_trial_unchecked() -> None:
    _, results, _ = run("shared-append/split", {"analyser": {"account": accounted(19)}})
    assert results[0].account is None
    assert "records attempted by the journals: 19, but 20 by the writers" in results[0].error


def test_what_strategies_had_to_say_is_noted_once() -> None:
    done: Message = {"event": "done", "attempted": 10, "rejected": 0, "notes": ["server 1 was refused: why"]}
    answers: dict[str, dict[str, Message]] = {
        "writer-0": {"go": done},
        "writer-1": {"go": done},
        "analyser": {"account": accounted(20)},
    }
    _, results, _ = run("shared-append/split", answers)
    assert results[0].account is not None
    assert results[0].account.notes == ("server 1 was refused: why",)


@pytest.mark.parametrize(("collisions", "kept"), [(0, None), (3, 3)])
def test_writers_without_critical_sections_leave_exclusion_unchecked(collisions: int, kept: int | None) -> None:
    clean = Account.from_document(accounted(20)["account"])
    account = dataclasses.replace(clean, history=HistoryCounts(mutual_exclusion=collisions))
    ready = {"event": "ready", "monotonic_ns": time.monotonic_ns(), "guarded": False}
    answers: dict[str, Mapping[str, Message]] = {
        "analyser": {"account": {"event": "account", "account": dataclasses.asdict(account)}},
        "writer-1": {"prepare": ready},
    }
    _, (result,), _ = run("locked/flock", answers)
    assert result.account is not None
    assert result.account.history.mutual_exclusion == kept


def test_an_error_of_a_writer_ends_the_run_and_names_it() -> None:
    broken = {"go": {"event": "error", "message": "OSError: [Errno 28] No space left on device"}}
    fleet, results, error = run("shared-append/split", {"writer-1": broken})
    assert str(error) == (
        "shared-append/split: writer-1: OSError: [Errno 28] No space left on device. "
        "Free space on the storage under test, or lower --records or --record-size"
    )
    assert results == []
    assert fleet.closed == 1


def test_data_are_exported_before_they_are_removed(tmp_path: Path) -> None:
    fleet, _, _ = run("shared-append/split", {"analyser": {"account": accounted(20)}}, keep_data=tmp_path / "kept")
    exports = [message for name, message in fleet.diary if name == "fleet"]
    assert [message["path"] for message in exports] == ["/data/volume/trial-00000", "/journal/trial-00000"]
    assert told(fleet)[-2:] == ["writer-0 remove", "writer-0 < remove"]


def test_a_server_that_ended_is_what_happened_and_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that is silent, or reports an error, while the server that it uses is gone."""
    patience: list[float] = []

    def silent(self: FakeMember, timeout_s: float) -> dict[str, Any]:
        patience.append(timeout_s)
        raise SilenceError(self.name, timeout_s)

    def gone(_fleet: FakeFleet) -> None:
        raise MemberError("server redis", "ended with exit status 137", "run again")

    monkeypatch.setattr(FakeFleet, "check", gone)
    told = "redis-lock/lease: server redis: ended with exit status 137. Run again"
    broken = {"go": {"event": "error", "message": "ConnectionError: refused"}}
    assert str(run("redis-lock/lease", {"writer-1": broken})[2]) == told
    monkeypatch.setattr(FakeMember, "receive", silent)
    assert str(run("redis-lock/lease", {})[2]) == told
    assert patience == [trials.WATCH_S]


def test_silence_is_told_by_all_of_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(self: FakeMember, timeout_s: float) -> dict[str, Any]:
        time.sleep(timeout_s)
        raise SilenceError(self.name, timeout_s, "; last words: none")

    monkeypatch.setattr(FakeMember, "receive", silent)
    monkeypatch.setattr(trials, "WATCH_S", 0.02)
    monkeypatch.setattr(trials, "PREPARE_TIMEOUT_S", 0.1)
    assert str(run("redis-lock/lease", {})[2]) == (
        "redis-lock/lease: writer-0: said nothing for 0.1 s; last words: none. "
        "Run again with -v to see all its messages"
    )


def test_an_error_of_many_lines_is_told_in_one() -> None:
    broken = {"go": {"event": "error", "message": "ValueError: one\n  two\n\nthree?"}}
    error = run("shared-append/split", {"writer-1": broken})[2]
    assert str(error) == (
        "shared-append/split: writer-1: ValueError: one two three? Run again with -v to see all its messages"
    )


@pytest.mark.parametrize(
    "problem",
    [
        OSError(28, "No space left on device", "x"),
        shutil.Error([("from", "to", "No space left on device"), ("from", "to", "another")]),
    ],
)
def test_data_that_do_not_fit_are_told_by_their_option_and_leave_no_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: OSError
) -> None:
    def export(_fleet: FakeFleet, path: str, destination: Path) -> None:
        (destination / Path(path).name).mkdir(parents=True)
        if path.startswith("/journal"):
            raise problem

    monkeypatch.setattr(FakeFleet, "export", export)
    kept = tmp_path / "kept"
    fleet, results, error = run("shared-append/split", {"analyser": {"account": accounted(20)}}, keep_data=kept)
    assert str(error) == (
        f"--keep-data: cannot write results to {kept}: No space left on device. "
        "Free space there, or name another folder with --results"
    )
    assert (results, fleet.closed, list(tmp_path.iterdir())) == ([], 1, [])


def test_a_fleet_is_large_enough_for_every_case() -> None:
    cases = plan.select(
        [scenario.load("redis-queue"), scenario.load("locked")], Overrides(storages=("volume", "tmpfs"))
    )
    spec = runner.fleet_spec("id", cases)
    assert (spec.writers, spec.consumers, spec.storages) == (8, 3, ("volume", "tmpfs"))
    assert [service.name for service in spec.services] == ["redis"]
    assert spec.journal_bytes > 8 * 2000 * 40


@pytest.mark.parametrize(("case", "network"), [("socket", True), ("file", False)])
def test_there_is_a_network_where_a_strategy_wants_one(case: str, network: bool) -> None:
    cases = [one for one in scenario.load("log-files").cases if one.name == case]
    assert runner.fleet_spec("id", cases).network is network


def test_journals_beyond_memory_are_refused() -> None:
    cases = plan.select([scenario.load("locked")], Overrides(writers=256, records=2_000_000))
    with pytest.raises(UsageError, match=r"GiB of memory\. Lower --records or --writers"):
        runner.fleet_spec("id", cases)


def lost(count: int) -> Account:
    gone = tuple(Anomaly(AnomalyKind.LOST, None, None, 1, seq, cause="unknown") for seq in range(count))
    return Account(RecordCounts(lost=count), ByteCounts(), anomalies=gone, causes={"unknown": count})


def test_as_many_lost_as_consumers_died_are_theirs() -> None:
    blamed = blame.blame_deaths(lost(1), 1)
    assert blamed.causes == {"consumer died": 1}
    assert blamed.anomalies[0].cause == "consumer died: 1 lost, 1 consumer died holding one they had taken"


@pytest.mark.parametrize(("count", "deaths"), [(2, 1), (0, 1), (1, 0)])
def test_more_lost_than_died_or_none_are_not(count: int, deaths: int) -> None:
    assert blame.blame_deaths(lost(count), deaths) == lost(count)


def test_the_first_trial_is_viewed_before_its_data_are_removed() -> None:
    seen: list[views.View] = []
    answers = {"account": accounted(20), "view": {"event": "view", "view": {"view_version": 1}}}
    fleet, _, _ = run("shared-append/split", {"analyser": answers}, trials=2, viewed=seen.append)
    order = told(fleet)
    assert order.count("analyser view") == 1
    assert order.index("analyser account") < order.index("analyser view") < order.index("writer-0 remove")
    (view,) = seen
    assert (view["case"], view["storage"], view["trial"]) == ("shared-append/split", "volume", 0)
    assert view["why"] == "the first trial; none before it was damaged"


def test_a_trial_without_a_view_counts_all_the_same() -> None:
    seen: list[views.View] = []
    answers = {"account": accounted(20), "view": {"event": "error", "message": "MemoryError: "}}
    _, results, error = run("shared-append/split", {"analyser": answers}, viewed=seen.append)
    assert error is None
    assert seen == []
    assert results[0].account is not None


def test_what_consumers_know_of_exactly_as_many_losses_is_their_cause() -> None:
    blamed = blame.blame_losses(lost(3), {"written to a removed file": 0, "datagrams dropped": 3})
    assert blamed.causes == {"datagrams dropped": 3}
    assert blamed.anomalies[2].cause == "datagrams dropped: 3 lost, and those who handled them know of as many"


@pytest.mark.parametrize(("count", "known"), [(3, 2), (2, 3), (0, 0)])
def test_any_other_number_is_not(count: int, known: int) -> None:
    assert blame.blame_losses(lost(count), {"datagrams dropped": known}) == lost(count)


def test_losses_that_consumers_told_of_reach_the_result() -> None:
    records = RecordCounts(attempted=20, acknowledged=20, intact=16, lost=4)
    account = Account(records, ByteCounts(), causes={"run of records missing": 4})
    _, results, _ = run(
        "log-files/syslog-udp",
        {
            "analyser": {"account": {"event": "account", "account": dataclasses.asdict(account)}},
            "consumer-0": {"go": {"event": "done", "restarts": 0, "losses": {"datagrams dropped": 4}}},
        },
    )
    assert results[0].account is not None
    assert results[0].account.causes == {"datagrams dropped": 4}
