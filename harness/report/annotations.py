"""GitHub's workflow commands: a gate's decision as annotations of the job.

https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions. GitHub shows ten errors and
ten warnings of a step and drops the rest silently, so that the tenth says how many more there are.
"""

from collections.abc import Sequence

from harness.gate import EXIT_CODES, Decided, Decision

MOST = 10
ESCAPES = {"%": "%25", "\r": "%0D", "\n": "%0A"}
ESCAPES_IN_TITLE = {**ESCAPES, ":": "%3A", ",": "%2C"}


def render(decided: Decided) -> list[str]:
    """One line for each case that did not pass: errors where something broke, warnings where nothing was shown."""
    errors = [one for one in decided.failed if one.status in EXIT_CODES]
    warnings = [one for one in decided.failed if one.status not in EXIT_CODES]
    return _commands("error", errors) + _commands("warning", warnings)


def _commands(level: str, decisions: Sequence[Decision]) -> list[str]:
    shown = decisions if len(decisions) <= MOST else decisions[: MOST - 1]
    lines = [_command(level, f"{one.name}: {one.status}", "; ".join(one.reasons)) for one in shown]
    if left := len(decisions) - len(shown):
        lines.append(_command(level, f"{left} more cases", "All are in the table of the job's log and in its reports"))
    return lines


def _command(level: str, title: str, message: str) -> str:
    return f"::{level} title={_escaped(title, ESCAPES_IN_TITLE)}::{_escaped(message, ESCAPES)}"


def _escaped(text: str, escapes: dict[str, str]) -> str:
    return "".join(escapes.get(character, character) for character in text)
