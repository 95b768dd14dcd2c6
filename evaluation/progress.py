"""Progress bars on a terminal, plain lines elsewhere.

In a notebook there is one line that changes.
"""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

_SECONDS_BETWEEN_LINES: Final = 10.0
_SECONDS_BETWEEN_CHANGES: Final = 0.5
_WIDTH: Final = 100
"""Characters of a line that is written over the one before."""


class Tracker(Protocol):
    """Something that is told how far the work has come, by one thread or several."""

    def advance(self, steps: int = 1, note: str = "") -> None:
        """Count `steps` more as done; `note` replaces the words behind the bar."""


class _Rate(ProgressColumn):
    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.1f} {self._unit}/s" if speed else "")


class _Bar:
    def __init__(self, progress: Progress, task: int) -> None:
        self._progress = progress
        self._task = task

    def advance(self, steps: int = 1, note: str = "") -> None:
        if note:
            self._progress.update(self._task, note=note)  # type: ignore[arg-type]
        self._progress.advance(self._task, steps)  # type: ignore[arg-type]


class _Lines:
    """One line every ten seconds: for log files, pipes and CI; in a notebook the same one again."""

    def __init__(self, title: str, total: int | None, unit: str, *, in_place: bool = False) -> None:
        self._in_place = in_place
        self._every = _SECONDS_BETWEEN_CHANGES if in_place else _SECONDS_BETWEEN_LINES
        self._title = title
        self._total = total
        self._unit = unit
        self._done = 0
        self._note = ""
        self._started = self._last = time.monotonic()
        self._lock = threading.Lock()

    def advance(self, steps: int = 1, note: str = "") -> None:
        with self._lock:
            self._done += steps
            self._note = note or self._note
            now = time.monotonic()
            if now - self._last >= self._every:
                self._last = now
                self.write(now)

    def write(self, now: float) -> None:
        elapsed = max(now - self._started, 1e-9)
        rate = self._done / elapsed
        of_total = left = ""
        if self._total:
            of_total = f" of {self._total:,}"
            if self._done >= self._total / 100:  # less says nothing about the rest
                left = f", {(self._total - self._done) / rate:,.0f} s left"
        note = f", {self._note}" if self._note else ""
        line = (
            f"{self._title}: {self._done:,}{of_total} {self._unit}, "
            f"{rate:,.1f} {self._unit}/s{left}{note}"
        )
        shown = f"\r{line.ljust(_WIDTH)}" if self._in_place else f"{line}\n"
        print(shown, end="", file=sys.stderr, flush=True)

    def finish(self) -> None:
        now = time.monotonic()
        if self._last > self._started or now - self._started >= 2:
            self.write(now)
            if self._in_place:
                print(file=sys.stderr)


@contextmanager
def track(title: str, total: int | None, unit: str) -> Iterator[Tracker]:
    """Show progress on standard error while the block runs; standard output stays the results'."""
    if not sys.stderr.isatty():
        lines = _Lines(title, total, unit, in_place=_is_notebook())
        try:
            yield lines
        finally:
            lines.finish()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(unit),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield _Bar(progress, progress.add_task(title, total=total, note=""))


def _is_notebook() -> bool:
    """Whether a kernel runs this; that its module was imported says nothing yet."""
    ipython = sys.modules.get("IPython")
    return hasattr(ipython.get_ipython() if ipython else None, "kernel")
