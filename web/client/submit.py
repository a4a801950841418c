"""The commands that follow jobs, with a bar for each: one sends photos first, one is given the ids of jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from shared.errors import ReliefError
from web.client.api import Job, Relief, printable
from web.client.retry import StoppedError, in_words

SHOWN = (ReliefError, httpx.HTTPError, httpx.InvalidURL, OSError)  # not bugs: shown to the user in a line


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


Action = Callable[[Bar], bool]


@dataclass(frozen=True)
class SubmitCommand:
    """Sends photos and, unless told not to wait, follows their jobs and fetches the results."""

    relief: Relief
    settings: dict[str, str]
    wait: bool
    disparity: Path | None = None
    sent: list[str] = field(default_factory=list)  # ids of jobs, as they come

    def run(self, photo: Path, folder: Path | None, bar: Bar) -> bool:
        """Do all of it for one photo; False where its job did not succeed."""
        job = self.relief.submit(photo, self.settings, self.disparity)
        self.sent.append(job["id"])
        if not self.wait:
            bar.say(f"{job['id']}  {bar.name}")
            bar.show("sent", 1)
            return True
        job = _followed(self.relief, job["id"], bar)
        if job["state"] == "succeeded" and folder:
            self.relief.download(job, folder, [])
            bar.show(f"{job['message']} {printable(str(folder))}")
        return bool(job["state"] == "succeeded")


def watch(relief: Relief, job_id: str, bar: Bar) -> bool:
    """Follow a job to its end; False where it did not succeed."""
    return bool(_followed(relief, job_id, bar)["state"] == "succeeded")


def reported(action: Action, bar: Bar) -> bool:
    """What the action gives; False where it failed, which is shown, or was stopped."""
    try:
        return action(bar)
    except StoppedError:
        return False
    except SHOWN as error:
        bar.say(f"{bar.name}: {in_words(error)}")
        bar.show("failed")
        return False


def folders_of(photos: Iterable[Path]) -> dict[Path, str]:
    """A folder for each photo, named after it; the second `me` is `me-2`, also where the system takes Me for me."""
    folders: dict[Path, str] = {}
    taken: set[str] = set()
    for photo in dict.fromkeys(photos):
        stem, number = photo.stem if photo.stem.strip(".") else "photo", 1
        name = stem
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.casefold())
        folders[photo] = name
    return folders


def _followed(relief: Relief, job_id: str, bar: Bar) -> Job:
    """The job at its end; the bar shows it until then."""
    job: Job = {}
    for job in relief.follow(job_id):
        bar.show(f"{job['message']} {job_id[:8]}", job["progress"])
    if job["state"] == "failed":
        bar.say(f"{bar.prefix}{job['message']}")
    return job
