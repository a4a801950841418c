"""What do files cost in a bucket, beside a folder? SeaweedFS on this machine; a network adds its own."""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from shared.places import Bucket
from shared.storage.base import Storage
from shared.storage.folder import FolderStorage
from shared.storage.s3 import S3Storage
from stack.local import PROJECT
from tests.support.seaweed import seaweed

ROUNDS, SEED = 12, 20261126
RUN = {f"{number}.bin": size for number, size in enumerate([1_500_000] * 6 + [300_000] * 4 + [10_000] * 5)}
"""Names and sizes of a run's files: as many as the stages head and export write together, of 10 MB."""
RUN_FILES = {name: random.Random(SEED).randbytes(size) for name, size in RUN.items()}
ROOM = ("-volume.max=200",)  # what was deleted keeps its space for a while
LOADS = {
    "a folder": "import shared.storage.folder",
    "a bucket": "from shared.storage.s3 import S3Storage; from shared.places import Bucket; S3Storage(Bucket('a', ''))",
}
STATUS = "import psutil; print(psutil.Process().memory_info().rss / 1e6)"


def main() -> None:
    """Print the tables."""
    print("## Files in a folder and in a bucket\n")
    with tempfile.TemporaryDirectory() as folder, seaweed(Path(folder) / "seaweed", options=ROOM) as server:
        os.environ |= server.environment
        storages = {
            "folder": FolderStorage(Path(folder) / "data"),
            "bucket": S3Storage(Bucket.from_url(server.environment["RELIEF_DATA"])),
        }
        print("Median ms of the wall, and ms of this process's CPU:\n\n| what | folder | its CPU | bucket | its CPU |")
        print("|---|---|---|---|---|")
        for what, act in _acts().items():
            costs = _in_turns(storages, act)
            cells = " | ".join(f"{wall:.3g} | {cpu:.3g}" for wall, cpu in costs.values())
            print(f"| {what} | {cells} |", flush=True)
    print("\nWhat a process takes to load it:\n\n| | s | MB |\n|---|---|---|")
    for what, code in LOADS.items():
        print(f"| {what} | {_load_s(code):.2f} | {_load_mb(code):.0f} |")


def _acts() -> dict[str, Callable[[Storage, str], object]]:
    """What is measured, of a job of its own, which has the run's files already."""
    files, small, large = RUN_FILES, RUN_FILES["0.bin"][:100_000], RUN_FILES["0.bin"] * 2

    def one_by_one(storage: Storage, job_id: str) -> None:
        for name, data in files.items():
            storage.write(job_id, "head-2", name, data)

    def read_part(storage: Storage, job_id: str) -> None:
        with storage.open(job_id, "head-1", "0.bin") as file:
            file.seek(1_000_000)
            file.read(100_000)

    return {
        "a run's 15 files, 10 MB, at once": lambda storage, job_id: storage.write_all(job_id, "head-2", files),
        "the same, one by one": one_by_one,
        "put 0.1 MB": lambda storage, job_id: storage.write(job_id, "photo", "a.bin", small),
        "put 3 MB": lambda storage, job_id: storage.write(job_id, "photo", "b.bin", large),
        "get 0.01 MB": lambda storage, job_id: storage.read(job_id, "head-1", "14.bin"),
        "get 1.5 MB": lambda storage, job_id: storage.read(job_id, "head-1", "0.bin"),
        "get 0.1 MB from the middle of 1.5 MB": read_part,
        "size and age of 15 files": lambda storage, job_id: [storage.info(job_id, "head-1", name) for name in files],
        "names of a job's folders": lambda storage, job_id: storage.folders(job_id),
        "delete a job of 15 files": lambda storage, job_id: storage.delete(job_id),
    }


def _in_turns(storages: dict[str, Storage], act: Callable[[Storage, str], object]) -> dict[str, tuple[float, float]]:
    """Median ms of the wall and of this process's CPU, for each storage."""
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in storages}
    for _ in range(ROUNDS):
        for name, storage in storages.items():
            job_id = uuid.uuid4().hex
            storage.write_all(job_id, "head-1", RUN_FILES)
            wall, cpu = time.perf_counter(), time.process_time()
            act(storage, job_id)
            spent[name].append((time.perf_counter() - wall, time.process_time() - cpu))
            storage.delete(job_id)
    return {
        name: (1000 * statistics.median(wall for wall, _ in each), 1000 * statistics.median(cpu for _, cpu in each))
        for name, each in spent.items()
    }


def _load_s(code: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=True)
    return time.perf_counter() - began


def _load_mb(code: str) -> float:
    command = [sys.executable, "-c", f"{code}\n{STATUS}"]
    return float(subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout)
