"""The command that gates a build: run the safe patterns and their controls, compare, report, exit."""

import dataclasses
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness import files, scenario
from harness.cli.options import ALL_WITHIN_S, notice, notice_unless, request, run_options
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.gate import Decided, Terms
    from harness.results import Document
    from harness.session import Outcome, Request

FILE = click.Path(path_type=Path)


@click.command()
@click.argument("scenarios", nargs=-1, metavar="[SCENARIO]...")
@click.option(
    "--baseline", type=FILE, metavar="FILE", help="Compare with what --save-baseline wrote, or a result.json."
)
@click.option("--save-baseline", type=FILE, metavar="FILE", help="Keep what this run showed, if it passes.")
@click.option(
    "--max-slowdown", type=float, metavar="RATIO",
    help="Fail when a case is proven to take more than this many times the baseline's time per record.",
)  # fmt: skip
@click.option("--junit", type=FILE, metavar="FILE", help="Write the outcome as JUnit XML.")
@click.option("--markdown", type=FILE, metavar="FILE", help="Write the outcome as Markdown, for a job's summary.")
@run_options
def check(
    scenarios: Sequence[str],
    baseline: Path | None,
    save_baseline: Path | None,
    max_slowdown: float | None,
    junit: Path | None,
    markdown: Path | None,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> int:
    """Gate a build: run the patterns expected to be safe, and the controls that prove it.

    Without SCENARIO, all shipped ones, with --time-limit 240 unless that or --trials is given. Exits 1 for damage or
    a regression against the baseline, and 3 when anything was not shown: a control that no longer corrupts, a case
    that was skipped or is gone, a speed that cannot be compared.
    """
    from harness import gate, session
    from harness.report import gate_text, table
    from harness.report.progress import Progress

    targets = {"--save-baseline": save_baseline, "--junit": junit, "--markdown": markdown}
    for option, path in targets.items():
        if path is not None:
            files.check_target(path, option)
    files.distinct(targets)
    terms = _terms(baseline, max_slowdown, bool(scenarios), options)
    if not scenarios and options["time_limit"] is None and options["trials"] is None:
        options["time_limit"] = ALL_WITHIN_S
    outcome = session.run(
        _guarded(request(scenarios or scenario.shipped(), options), terms), Progress(quiet), notice_unless(quiet)
    )
    decided = gate.decide(outcome.document, terms)
    if as_json:
        click.echo(json.dumps({**outcome.document, "check": _document(decided, terms)}, indent=1))
    else:
        if outcome.stored is not None:
            click.echo(f"{table.render(outcome.document)}\n")
        click.echo(gate_text.render(decided))
    _report(outcome, decided, junit, markdown)
    if outcome.stored is not None:
        notice_unless(quiet)(f"stored in {outcome.stored}")
    if outcome.error is not None:
        raise outcome.error
    if save_baseline is not None:
        _save(save_baseline, outcome.document, decided)
    return int(decided.exit_code)


def _terms(path: Path | None, max_slowdown: float | None, named: bool, options: dict[str, Any]) -> "Terms":
    from harness import baseline, gate

    if max_slowdown is not None and path is None:
        raise UsageError("--max-slowdown: there is nothing to compare with", "Name the baseline with --baseline FILE")
    if max_slowdown is not None and not 1 <= max_slowdown <= gate.MOST_SLOWDOWN:
        raise UsageError(
            f"--max-slowdown: {max_slowdown:g}", f"Take 1 to {gate.MOST_SLOWDOWN:g}; 1.3 is 30 % more time per record"
        )
    return gate.Terms(
        baseline=baseline.load(path) if path else None,
        max_slowdown=max_slowdown,
        allow_skipped=options["allow_skipped"],
        narrowed=bool(options["cases"]),
        everything=not named,
    )


def _guarded(asked: "Request", terms: "Terms") -> "Request":
    """The request reduced to what a gate runs. Raises UsageError when that is nothing."""
    from harness import gate

    reduced = [
        gate.guarded(one, gate.once_safe(terms.baseline, one.name) if terms.baseline else ()) for one in asked.scenarios
    ]
    left = [one for one in reduced if one.cases]
    if not left:
        raise UsageError(
            f"nothing to check: no case of {', '.join(one.name for one in reduced)} is expected to be safe",
            "Name a scenario with one",
        )
    return dataclasses.replace(asked, scenarios=left, name="check" if terms.everything else "")


def _document(decided: "Decided", terms: "Terms") -> dict[str, Any]:
    return {
        "exit_code": int(decided.exit_code),
        "baseline_saved": terms.baseline.saved if terms.baseline else None,
        "max_slowdown": terms.max_slowdown,
        "decisions": [dataclasses.asdict(one) for one in decided.decisions],
        "notes": list(decided.notes),
    }


def _report(outcome: "Outcome", decided: "Decided", junit: Path | None, markdown: Path | None) -> None:
    """The files that were asked for, and what a GitHub job reads."""
    from harness.report import annotations, job_summary
    from harness.report import junit as junit_xml

    if junit is not None:
        files.write(junit, junit_xml.render(outcome.document, decided), "--junit")
    if markdown is not None:
        files.write(markdown, job_summary.render(outcome.document, decided), "--markdown")
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    for line in annotations.render(decided):
        notice(line)
    summary = os.environ.get("GITHUB_STEP_SUMMARY", "")
    if summary and (markdown is None or markdown.resolve() != Path(summary).resolve()):
        _append_summary(Path(summary), outcome.document, decided)


def _append_summary(path: Path, document: "Document", decided: "Decided") -> None:
    """Add to the job's summary, whose size GitHub bounds over all that a step appends."""
    from harness.report import job_summary

    try:
        room_bytes = job_summary.MAX_BYTES - (path.stat().st_size if path.exists() else 0)
        with path.open("a", encoding="utf-8") as file:
            file.write(job_summary.render(document, decided, room_bytes))
    except OSError as error:
        notice(f"no job summary: cannot write {path}: {error.strerror}")


def _save(path: Path, document: "Document", decided: "Decided") -> None:
    from harness import baseline
    from harness.errors import ExitCode

    if decided.exit_code is not ExitCode.AS_EXPECTED:
        notice(f"--save-baseline: not saved in {path}, because this run did not pass")
        return
    files.write(path, baseline.text(baseline.of(document)), "--save-baseline")
    notice(f"baseline saved in {path}")
