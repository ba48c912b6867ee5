"""How far a run is: a bar on a terminal, nothing at all when piped."""

import sys

from tqdm import tqdm

from harness.model import Trial


class Progress:
    """Shows stages and trials on stderr; silent unless it is a terminal."""

    def __init__(self, quiet: bool) -> None:
        self._shown = not quiet and sys.stderr.isatty()
        self._bar: tqdm | None = None  # type: ignore[type-arg] # tqdm is generic only in its stubs

    def stage(self, text: str) -> None:
        """Something longer begins."""
        if self._bar is not None:
            self._bar.set_description_str(text)
        elif self._shown:
            print(f"{text} …", file=sys.stderr)

    def trial(self, number: int, total: int, trial: Trial) -> None:
        """A trial begins."""
        if not self._shown:
            return
        if self._bar is None:
            self._bar = tqdm(total=total, unit="trial", leave=False, file=sys.stderr)
        self._bar.update(number - self._bar.n)
        self._bar.set_description_str(trial.case.full_name)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
