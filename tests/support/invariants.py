"""What must hold after anything was killed: checked on the records, the storage and the clients' view."""

import gzip
import io
import json
import os
import signal
import time
from contextlib import suppress

import httpx
import numpy as np
from PIL import Image

from shared.cloud.format import cloud_from_bytes
from shared.head.format import head_from_bytes
from shared.jobs.record import Job, State
from shared.results import PHOTO
from shared.storage.base import PHOTO_FOLDER, Storage
from tests.support.jobs import Store

ENDED = ("succeeded", "failed", "canceled")


def kill(pid: int) -> None:
    """SIGKILL to a process and to those that it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def worker_pid(job: Job) -> int:
    """The process that runs the job, as its record says."""
    assert job.worker
    return int(job.worker.rpartition(":")[2])


def wait_for(what: str, seen, timeout_s: float = 60.0):
    """Poll until `seen()` gives something true; gives that."""
    deadline = time.monotonic() + timeout_s
    while not (value := seen()):
        assert time.monotonic() < deadline, f"{what}: not within {timeout_s} s"
        time.sleep(0.01)
    return value


def ask(client: httpx.Client, url: str) -> dict | None:
    """A job's document; None while the front or Redis is away, which a client has to expect."""
    try:
        response = client.get(url)
    except httpx.TransportError:
        return None
    if response.status_code == 503:
        return None
    assert response.status_code == 200, response.text
    return response.json()


def is_tidy(job: Job, storage: Storage) -> bool:
    """True where storage holds no folder of the job but those that count."""
    return set(storage.folders(job.id)) == {PHOTO_FOLDER, *(file.folder for file in job.files.values())}


def assert_whole(job: Job, storage: Storage) -> None:
    """A succeeded job's files are all there, none torn, all of this job; and nothing else lies beside them."""
    assert job.state is State.SUCCEEDED
    assert is_tidy(job, storage), storage.folders(job.id)
    photo = Image.open(io.BytesIO(storage.read(job.id, PHOTO_FOLDER, PHOTO)))
    assert photo.size == (job.photo.width, job.photo.height)
    for file in job.files.values():
        data = storage.read(job.id, file.folder, file.name)
        assert len(data) == file.bytes
        if file.name == "depth.npz":
            with np.load(io.BytesIO(data)) as depth:
                assert depth["depth"].shape == (photo.height, photo.width)
        elif file.name.endswith(".png"):
            Image.open(io.BytesIO(data)).load()
        elif file.name == "cloud.rlf":
            assert cloud_from_bytes(gzip.decompress(data)).count > 0
        elif file.name == "head.rlh":
            assert head_from_bytes(gzip.decompress(data)).parts
        elif file.name == "report.json":
            json.loads(data)


def assert_settled(store: Store) -> None:
    """Nothing runs, nothing waits, and every job has ended."""
    ids = [job_id.decode() for job_id in store.redis.zrange("relief:jobs", 0, -1)]
    for job_id in ids:
        assert store.jobs.get(job_id).state in ENDED, store.jobs.get(job_id)
    assert store.redis.zcard("relief:running") == 0
    assert store.redis.keys("relief:line:*") == []
    for kind in (
        "group-turns",
        "group-of",
        "owner-turns",
        "waiting",
        "owner-jobs",
        "group-jobs",
        "counted-in",
        "oldest",
    ):
        assert store.redis.keys(f"relief:{kind}:*") == []
