"""The progress of imports and exports: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task
from rich.text import Text

from featurebase_async._typing import override

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from featurebase_async import AsyncFeaturebase, BulkProgress
    from featurebase_async.cli.screen import Screen

__all__ = ["Count", "ImportProgress", "duration"]

PLAIN_EVERY = 10.0
"""Seconds between two lines where nothing can move."""

STILL = 0.7
"""Seconds without a result after which the rate limit is given as the reason, if it is used up."""


def duration(seconds: float) -> str:
    """Write seconds as `2:05` or `1:00:00`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class _Words(ProgressColumn):
    """What is said beside a bar, asked for whenever the bar is drawn."""

    def __init__(self, words: Callable[[], str]) -> None:
        super().__init__()
        self._words = words

    @override
    def render(self, task: Task) -> Text:
        """Give the words as they are now, whatever the task."""
        del task
        return Text(self._words())


class ImportProgress:
    """The progress of an import; called with each report of it."""

    def __init__(self, screen: Screen, client: AsyncFeaturebase, total: int) -> None:
        """Start with nothing done of the total."""
        self._screen = screen
        self._client = client
        self._total = total
        self._last: BulkProgress | None = None
        self._told_at = time.monotonic()
        self._written_at = self._told_at
        self._bar: Progress | None = None

    def __call__(self, progress: BulkProgress) -> None:
        """Take a report."""
        self._last = progress
        self._told_at = now = time.monotonic()
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=progress.done)
        elif now - self._written_at >= PLAIN_EVERY:
            self._written_at = now
            self._screen.note(f"{self.words()}")

    @contextmanager
    def shown(self) -> Generator[None]:
        """Show a bar, where there can be one, and take it away at the end."""
        if not self._screen.animated:
            yield
            return
        bar = BarColumn(bar_width=None)
        with Progress(bar, _Words(self.words), console=self._screen.err, transient=True, expand=True) as self._bar:
            self._bar.add_task("", total=self._total)
            yield

    def words(self) -> str:
        """Say how far it is."""
        last = self._last
        if last is None:
            return f"0/{self._total:,}"
        still = time.monotonic() - self._told_at
        words = [f"{last.done:,}/{self._total:,}"]
        waiting = self._waiting() if still > STILL else None
        if waiting is not None:
            words.append(f"rate limit, on in {waiting:.0f} s")
        else:
            words.append(f"{last.rate:,.0f}/s")
        if last.seconds_left is not None:
            words.append(f"{duration(max(last.seconds_left - still, 0))} left")
        if last.failed:
            words.append(f"{last.failed:,} failed")
        return " · ".join(words)

    def _waiting(self) -> float | None:
        """Give the seconds until the rate limit lets rows through again; None if it is not the reason."""
        window = self._client.stats().window
        if window.limit is None or window.remaining is None or window.remaining > window.limit / 10:
            return None
        return window.resets_in


class Count:
    """The progress of an export, whose end nobody knows.

    Attributes:
        done: Things so far.
    """

    def __init__(self, screen: Screen, name: str, *, hidden: bool = False) -> None:
        """Start with nothing; `hidden` where the things themselves are shown."""
        self.done = 0
        self._screen = screen
        self._name = name
        self._hidden = hidden
        self._began = time.monotonic()
        self._written_at = self._began

    def add(self, number: int) -> None:
        """Count some more."""
        self.done += number
        now = time.monotonic()
        if not self._screen.animated and not self._hidden and now - self._written_at >= PLAIN_EVERY:
            self._written_at = now
            self._screen.note(self.words())

    @contextmanager
    def shown(self) -> Generator[None]:
        """Show the count, where it can move, and take it away at the end."""
        if self._hidden or not self._screen.animated:
            yield
            return
        with Progress(SpinnerColumn(), _Words(self.words), console=self._screen.err, transient=True) as bar:
            bar.add_task("", total=None)
            yield

    def words(self) -> str:
        """Say how far it is."""
        seconds = max(time.monotonic() - self._began, 0.1)
        return f"{self.done:,} {self._name} · {self.done / seconds:,.0f}/s"
