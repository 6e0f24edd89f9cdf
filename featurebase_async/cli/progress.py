"""The progress of imports and exports: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, contextmanager, nullcontext
from math import ceil
from typing import TYPE_CHECKING

from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table

from featurebase_async import Pacing

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from rich.console import RenderableType

    from featurebase_async import AsyncFeaturebase, BulkProgress
    from featurebase_async.cli.import_summary import ImportSummary
    from featurebase_async.cli.output import Output

__all__ = ["Count", "ImportProgress"]

DRAWINGS = 8
"""Drawings a second."""

PLAIN_EVERY = 10.0
"""Seconds between two lines where nothing can move."""

STILL = 0.7
"""Seconds without a result after which the rate limit is given as the reason, if it is used up."""


@contextmanager
def _moving(output: Output, draw: Callable[[], RenderableType]) -> Generator[None]:
    """Draw again and again, where something can move, and take the drawing away at the end."""
    if not output.animated:
        yield
        return
    with Live(get_renderable=draw, console=output.err, refresh_per_second=DRAWINGS, transient=True):
        yield


class ImportProgress:
    """The progress of an import; called with each report of it."""

    def __init__(
        self, output: Output, client: AsyncFeaturebase, summary: ImportSummary, *, window: float | None = None
    ) -> None:
        """Start; the summary counts on. `window` is the length of the rate limit's windows in seconds, if known."""
        self._window = window
        self._output = output
        self._client = client
        self._summary = summary
        self._last: BulkProgress | None = None
        self._reported_at = self._written_at = time.monotonic()

    def __call__(self, progress: BulkProgress) -> None:
        """Take a report."""
        self._last = progress
        self._reported_at = now = time.monotonic()
        if not self._output.animated and now - self._written_at >= PLAIN_EVERY:
            self._written_at = now
            self._output.note(self.words())

    def shown(self) -> AbstractContextManager[None]:
        """Show a bar, where it can move, and take it away at the end."""
        return _moving(self._output, self._draw)

    def _draw(self) -> Table:
        grid = Table.grid(padding=(0, 1), expand=True)
        grid.add_column(ratio=1)
        grid.add_column(no_wrap=True)
        grid.add_row(ProgressBar(total=self._summary.total, completed=self._summary.done), self.words())
        return grid

    def words(self) -> str:
        """Say how far it is."""
        summary, last = self._summary, self._last
        # A report counts rows whose results the summary is only about to get; the last line would be one short.
        done = max(summary.done, 0 if last is None else last.done)
        words = [f"{done:,}/{summary.total:,}"]
        still = time.monotonic() - self._reported_at
        waiting = self._waiting() if still > STILL else None
        if waiting is not None:
            words.append(f"waiting for the rate limit, {waiting:.0f} s")
        elif last is not None:
            words.append(f"{last.rate:,.0f}/s")
        left = self._by_window() or self._by_rate(still)
        if left is not None:
            words.append(f"{_duration(left)} left")
        bad = summary.failed + summary.unknown
        if bad:
            words.append(f"{bad:,} failed")
        return " · ".join(words)

    def _by_rate(self, still: float) -> float | None:
        """Return what is left as the library has estimated it; None as long as there is no rate."""
        last = self._last
        if last is None or not last.rate or last.seconds_left is None:
            return None
        return max(last.seconds_left - still, 0.0)

    def _by_window(self) -> float | None:
        """Return what is left by the rate limit, where the length of its windows is known and one will not do."""
        window = self._client.stats().window
        if self._window is None or window.limit is None or window.remaining is None or window.resets_in is None:
            return None
        rows = self._summary.total - self._summary.done - window.remaining
        full = ceil(max(rows, 0) / (window.limit * (1 - Pacing().reserve)))
        return window.resets_in + (full - 1) * self._window if full else None

    def _waiting(self) -> float | None:
        """Return the seconds until the rate limit lets rows through again; None if it is not the reason."""
        window = self._client.stats().window
        if window.limit is None or window.remaining is None or window.remaining > window.limit / 10:
            return None
        return window.resets_in


class Count:
    """The progress of an export, whose end nobody knows.

    Attributes:
        done: Items so far.
    """

    def __init__(self, output: Output, name: str, *, one: str, hidden: bool = False) -> None:
        """Start with nothing; `one` is the name of a single item; `hidden` where the items themselves are shown."""
        self.done: int = 0
        self._output = output
        self._name = name
        self._one = one
        self._hidden = hidden
        self._spinner = Spinner("dots")
        self._began = self._written_at = time.monotonic()

    def add(self, number: int) -> None:
        """Count some more."""
        self.done += number
        now = time.monotonic()
        if not self._output.animated and not self._hidden and now - self._written_at >= PLAIN_EVERY:
            self._written_at = now
            self._output.note(self.words())

    def shown(self) -> AbstractContextManager[None]:
        """Show the count, where it can move, and take it away at the end."""
        return nullcontext() if self._hidden else _moving(self._output, self._draw)

    def _draw(self) -> Spinner:
        self._spinner.update(text=self.words())
        return self._spinner

    def words(self) -> str:
        """Say how far it is."""
        seconds = max(time.monotonic() - self._began, 0.1)
        name = self._one if self.done == 1 else self._name
        return f"{self.done:,} {name} · {self.done / seconds:,.0f}/s"


def _duration(seconds: float) -> str:
    """Write seconds as `2:05` or `1:00:00`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
