"""A client of Relief: `python -m web.client submit PHOTO... | status | watch | download | cancel | list`.

RELIEF_URL says where Relief answers, RELIEF_KEY holds an API key. Without a key the cookie that the server gives is
kept in RELIEF_COOKIES (default ~/.config/relief/cookies.json), so that one's jobs are found again.
"""

from __future__ import annotations

import argparse
import json
import mimetypes
import os
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from shared.errors import ReliefError

API = "/api/v1/jobs"
ENDED = ("succeeded", "failed", "canceled")
WAIT_S = 20
AT_ONCE = 4
POLL_S = 1.0
COLUMNS = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f} %"), TimeElapsedColumn())

Job = dict[str, Any]


class RefusedError(ReliefError):
    """The server refused, and said why."""


class Relief:
    """The job API over HTTP."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def submit(self, photo: Path, settings: dict[str, str]) -> Job:
        """Send a photo; sent again after a lost answer, it makes no second job."""
        kind = mimetypes.guess_type(photo.name)[0] or "application/octet-stream"
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        files = {"photo": (photo.name, photo.read_bytes(), kind)}
        return self._json(self._http.post(API, files=files, data=settings, headers=headers))

    def status(self, job_id: str, *, wait_s: int = 0, known: str | None = None) -> tuple[Job | None, str]:
        """A job and its ETag; None where it is still what the known ETag says, after waiting so long for a change."""
        headers = {"If-None-Match": known} if known else {}
        answer = self._http.get(f"{API}/{job_id}", params={"wait": wait_s} if wait_s else None, headers=headers)
        return (None if answer.status_code == 304 else self._json(answer)), answer.headers.get("ETag", "")

    def follow(self, job_id: str) -> Iterator[Job]:
        """The job now and at each change, to its end."""
        known, state = None, ""
        while state not in ENDED:
            asked = time.monotonic()
            job, known = self.status(job_id, wait_s=WAIT_S if known else 0, known=known)
            if job is not None:
                state = job["state"]
                yield job
            elif time.monotonic() - asked < POLL_S:
                time.sleep(POLL_S)  # the server has no thread left to wait with

    def download(self, job: Job, folder: Path, names: list[str]) -> list[Path]:
        """Fetch results, all but the archive where none is named, into the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        wanted = [file for file in job["results"] if (file["name"] in names if names else file["name"] != "all.zip")]
        return [self._fetch(file["url"], folder / Path(file["name"]).name) for file in wanted]

    def cancel(self, job_id: str) -> Job:
        """Stop a job."""
        return self._json(self._http.post(f"{API}/{job_id}/cancel"))

    def jobs(self) -> Iterator[Job]:
        """One's own jobs, newest first."""
        url: str | None = f"{API}?limit=100"
        while url:
            page = self._json(self._http.get(url))
            yield from page["jobs"]
            url = page["next"]

    def _fetch(self, url: str, path: Path) -> Path:
        with self._http.stream("GET", url) as answer:
            if answer.is_error:
                answer.read()
                self._json(answer)
            with path.open("wb") as file:
                for chunk in answer.iter_bytes():
                    file.write(chunk)
        return path

    @staticmethod
    def _json(answer: httpx.Response) -> Any:
        """The body, or the problem's own words.

        Raises:
            RefusedError: it is a problem.
        """
        if answer.is_error:
            told = answer.headers.get("Content-Type", "").startswith("application/problem+json")
            raise RefusedError(answer.json()["detail"] if told else f"the server answered {answer.status_code}")
        return answer.json()


def main(arguments: list[str] | None = None) -> int:
    """The command; 0 where everything asked for was done."""
    chosen = _parser().parse_args(arguments)
    console = Console()
    try:
        with _connected(chosen.url) as relief:
            return int(chosen.run(relief, chosen, console))
    except (ReliefError, httpx.HTTPError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _submit(relief: Relief, chosen: argparse.Namespace, console: Console) -> int:
    settings = {name: value for name, _, value in (pair.partition("=") for pair in chosen.set)}
    with Progress(*COLUMNS, console=console) as progress, ThreadPoolExecutor(AT_ONCE) as pool:
        bars = {photo: progress.add_task(f"{photo.name}: sending", total=1) for photo in chosen.photos}
        send = {photo: pool.submit(_one, relief, photo, settings, progress, bars[photo], chosen) for photo in bars}
        return 0 if all(future.result() for future in send.values()) else 1


def _one(
    relief: Relief, photo: Path, settings: dict[str, str], progress: Progress, bar: TaskID, chosen: argparse.Namespace
) -> bool:
    """Send one photo and, unless told not to, follow it and fetch its results; False where that failed."""
    try:
        job = relief.submit(photo, settings)
        if chosen.no_wait:
            progress.update(bar, description=f"{photo.name}: {job['id']}")
            return True
        job = _shown(relief, job["id"], photo.name, progress, bar)
        if job["state"] == "succeeded" and chosen.out:
            relief.download(job, chosen.out / photo.stem, [])
        return bool(job["state"] == "succeeded")
    except (ReliefError, httpx.HTTPError, OSError) as error:
        progress.update(bar, description=f"{photo.name}: {error}")
        return False


def _shown(relief: Relief, job_id: str, name: str, progress: Progress, bar: TaskID) -> Job:
    """Follow a job with a bar to its end."""
    job: Job = {}
    for job in relief.follow(job_id):
        progress.update(bar, completed=job["progress"], description=f"{name}: {job['message']} {job['id'][:8]}")
    return job


def _watch(relief: Relief, chosen: argparse.Namespace, console: Console) -> int:
    with Progress(*COLUMNS, console=console) as progress, ThreadPoolExecutor(AT_ONCE) as pool:
        bars = {job_id: progress.add_task(job_id, total=1) for job_id in chosen.jobs}
        ends = [pool.submit(_shown, relief, job_id, "", progress, bar) for job_id, bar in bars.items()]
        return 0 if all(future.result()["state"] == "succeeded" for future in ends) else 1


def _status(relief: Relief, chosen: argparse.Namespace, console: Console) -> int:
    for job_id in chosen.jobs:
        console.print_json(json.dumps(relief.status(job_id)[0]))
    return 0


def _download(relief: Relief, chosen: argparse.Namespace, console: Console) -> int:
    job, _ = relief.status(chosen.job)
    for path in relief.download(job or {}, chosen.out, chosen.names):
        console.print(f"{path}  {path.stat().st_size:,} bytes")
    return 0


def _cancel(relief: Relief, chosen: argparse.Namespace, console: Console) -> int:
    for job_id in chosen.jobs:
        console.print(f"{job_id}  {relief.cancel(job_id)['state']}")
    return 0


def _list(relief: Relief, chosen: argparse.Namespace, console: Console) -> int:
    for job in relief.jobs():
        console.print(f"{job['id']}  {job['created_at'][:19]}  {job['state']:9}  {job['message']}", highlight=False)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m web.client", description=(__doc__ or "").partition("\n\n")[2])
    parser.add_argument("--url", default=os.environ.get("RELIEF_URL", "http://127.0.0.1:8000"))
    commands = parser.add_subparsers(required=True)
    submit = commands.add_parser("submit", help="send photos, follow them, fetch what comes of them")
    submit.add_argument("photos", nargs="+", type=Path)
    submit.add_argument("--out", type=Path, help="folder for the results; one folder in it for each photo")
    submit.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting; see /docs")
    submit.add_argument("--no-wait", action="store_true", help="only send")
    submit.set_defaults(run=_submit)
    for name, run, words in (
        ("status", _status, "tell how jobs stand"),
        ("watch", _watch, "follow jobs to their end"),
        ("cancel", _cancel, "stop jobs"),
    ):
        command = commands.add_parser(name, help=words)
        command.add_argument("jobs", nargs="+")
        command.set_defaults(run=run)
    download = commands.add_parser("download", help="fetch the results of a job, or those that are named")
    download.add_argument("job")
    download.add_argument("names", nargs="*")
    download.add_argument("--out", type=Path, default=Path())
    download.set_defaults(run=_download)
    commands.add_parser("list", help="one's own jobs, newest first").set_defaults(run=_list)
    return parser


@contextmanager
def _connected(url: str) -> Iterator[Relief]:
    """A client with the key, or with the cookie of last time."""
    key = os.environ.get("RELIEF_KEY")
    jar = Path(os.environ.get("RELIEF_COOKIES", "~/.config/relief/cookies.json")).expanduser()
    kept: dict[str, dict[str, str]] = json.loads(jar.read_text()) if jar.is_file() and not key else {}
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with httpx.Client(base_url=url, headers=headers, cookies=kept.get(url), timeout=WAIT_S + 40) as http:
        if not key and url not in kept:
            http.get("/")  # brings the cookie, before photos are sent side by side
        yield Relief(http)
        if not key and dict(http.cookies) and dict(http.cookies) != kept.get(url):
            jar.parent.mkdir(parents=True, exist_ok=True)
            jar.touch(mode=0o600)
            jar.write_text(json.dumps({**kept, url: dict(http.cookies)}))


if __name__ == "__main__":
    sys.exit(main())
