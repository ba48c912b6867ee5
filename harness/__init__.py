"""Tells whether several containers can share one volume safely, by trying it and accounting for every byte.

For programs there are `run` and `analyze` (docs/python.md), loaded when they are first asked for: the agent inside a
container imports this package too, and its start-up is paid once per writer.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from harness.api import AnalysisResult, NoContainersWarning, analyze, run
    from harness.errors import EngineError, HarnessError, MemberError, UsageError
    from harness.shown import CaseResult, RunResult

__version__ = "0.1.0"
__all__ = [
    "AnalysisResult",
    "CaseResult",
    "EngineError",
    "HarnessError",
    "MemberError",
    "NoContainersWarning",
    "RunResult",
    "UsageError",
    "__version__",
    "analyze",
    "run",
]
_HOMES = {"CaseResult": "shown", "RunResult": "shown"} | dict.fromkeys(
    ("EngineError", "HarnessError", "MemberError", "UsageError"), "errors"
)


def __getattr__(name: str) -> "Any":
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"harness.{_HOMES.get(name, 'api')}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
