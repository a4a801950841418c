"""What the jobs of one command go through, with a bar for each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from shared.errors import ReliefError
from web.client.api import Job, Relief, printable
from web.client.retry import StoppedError, in_words

TOLD = (ReliefError, httpx.HTTPError, httpx.InvalidURL, OSError)  # not bugs: the user is told


@dataclass(frozen=True)
class Course:
    """What the jobs of one command go through, each with a bar."""

    relief: Relief
    progress: Progress
    settings: dict[str, str] = field(default_factory=dict)
    wait: bool = True
    made: list[str] = field(default_factory=list)  # ids, as they come

    def sent(self, photo: Path, folder: Path | None, bar: TaskID) -> bool:
        """Send a photo and, unless told not to, follow it and fetch its results; False where that failed."""
        name = printable(photo.name)
        try:
            job = self.relief.submit(photo, self.settings)
            self.made.append(job["id"])
            if not self.wait:
                self._say(f"{job['id']}  {name}")
                self.progress.update(bar, completed=1, description=f"{name}: sent")
                return True
            job = self._followed(job["id"], f"{name}: ", bar)
            if job["state"] == "succeeded" and folder:
                self.relief.download(job, folder, [])
                self.progress.update(bar, description=f"{name}: {job['message']} {printable(str(folder))}")
            return bool(job["state"] == "succeeded")
        except StoppedError:
            return False
        except TOLD as error:
            return self._failed(name, error, bar)

    def watched(self, job_id: str, bar: TaskID) -> bool:
        """Follow a job; False where it did not succeed."""
        try:
            return bool(self._followed(job_id, "", bar)["state"] == "succeeded")
        except StoppedError:
            return False
        except TOLD as error:
            return self._failed(printable(job_id), error, bar)

    def _followed(self, job_id: str, name: str, bar: TaskID) -> Job:
        job: Job = {}
        for job in self.relief.follow(job_id):
            self.progress.update(bar, completed=job["progress"], description=f"{name}{job['message']} {job_id[:8]}")
        if job["state"] == "failed":
            self._say(f"{name}{job['message']}")
        return job

    def _failed(self, name: str, error: Exception, bar: TaskID) -> bool:
        self._say(f"{name}: {in_words(error)}")
        self.progress.update(bar, description=f"{name}: failed")
        return False

    def _say(self, line: str) -> None:
        """Write a line above the bars, however long it is: a bar's words are cut at the screen's edge."""
        self.progress.console.print(line, soft_wrap=True)


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


def bars(console: Console) -> Progress:
    """Where each job has a bar."""
    words = TextColumn("{task.description}", markup=False)  # a file's name may have [brackets]
    return Progress(words, BarColumn(), TextColumn("{task.percentage:3.0f} %"), TimeElapsedColumn(), console=console)


def bar(progress: Progress, name: str) -> TaskID:
    """A bar for the photo or the job of this name."""
    return progress.add_task(printable(name), total=1)
