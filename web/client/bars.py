"""A bar on the screen for each photo or job."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from web.client.api import printable


@dataclass(frozen=True)
class Bar:
    """The bar of one photo or job, and what is said beside and above it."""

    progress: Progress
    task: TaskID
    name: str
    prefix: str

    def show(self, words: str, fraction: float | None = None) -> None:
        """Write words beside the bar, and how much is done, 0..1; as before where that is None."""
        self.progress.update(self.task, completed=fraction, description=f"{self.prefix}{words}")

    def say(self, line: str) -> None:
        """Write a line above the bars, however long it is: a bar's words are cut at the screen's edge."""
        self.progress.console.print(line, soft_wrap=True)


def bars(console: Console) -> Progress:
    """Where the bars are drawn."""
    words = TextColumn("{task.description}", markup=False)  # a file's name may have [brackets]
    return Progress(words, BarColumn(), TextColumn("{task.percentage:3.0f} %"), TimeElapsedColumn(), console=console)


def bar(progress: Progress, name: str, *, prefixed: bool) -> Bar:
    """A bar for the photo or the job of this name; prefixed, its words begin with it."""
    name = printable(name)
    return Bar(progress, progress.add_task(name, total=1), name, f"{name}: " if prefixed else "")
