"""The commands of README.md and docs/api.md do what they say, as they are written."""

import gzip
import io
import json
import os
import re
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from shared.jobs.claims import Finished
from shared.jobs.record import Stage, StoredFile
from shared.storage.base import Storage
from stack.local import PROJECT
from tests.support.jobs import Store
from tests.support.requests import API

DOCUMENTED = "http://127.0.0.1:8000"
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
CLOUD = b"cloud" * 100
FILES = {
    Stage.DEPTH: {"depth.png": b"depth"},
    Stage.MODEL: {"cloud.ply": CLOUD, "cloud.rlf": gzip.compress(CLOUD)},
    Stage.HEAD: {},
    Stage.EXPORT: {},
}
REFUSED = ("/retry", "/cancel")  # of a job that succeeded


def commands(document: str, word: str) -> list[str]:
    """The lines of a document's examples that begin with the word."""
    lines = [line for block in BLOCK.findall((PROJECT / document).read_text()) for line in block.splitlines()]
    return [line for line in lines if line.startswith(f"{word} ")]


@pytest.fixture
def workers(store: Store, storage: Storage) -> Iterator[None]:
    """What each stage gives, at once; as long as the test."""
    ended = threading.Event()
    thread = threading.Thread(target=work, args=(store, storage, ended))
    thread.start()
    yield
    ended.set()
    thread.join()


def work(store: Store, storage: Storage, ended: threading.Event) -> None:
    while not ended.wait(0.02):
        for stage, files in FILES.items():
            for claim in store.claims.claim(stage, limit=9, lease_s=5, stage_limit_s=9):
                stored = []
                for name, data in files.items():
                    size = storage.write(claim.job.id, claim.folder, name, data)
                    stored.append(StoredFile(name=name, folder=claim.folder, bytes=size, stage=stage))
                store.claims.finish(claim, Finished(stored, {}))


@pytest.fixture
def folder(tmp_path: Path, portrait: bytes) -> Path:
    """Where the commands run: with a photo, a map of it, and a curl that fails where it is refused."""
    with Image.open(io.BytesIO(portrait)) as photo:
        photo.convert("RGB").save(tmp_path / "me.jpg")
        photo.convert("L").save(tmp_path / "me.png")
    (tmp_path / ".curlrc").write_text("silent\nshow-error\nfail-with-body\n")
    return tmp_path


def run(command: str, folder: Path, url: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A command in a shell in that folder, with the alias that the document begins with."""
    script = f"shopt -s expand_aliases\nalias curl='curl -c jar -b jar'\n{command.replace(DOCUMENTED, url)}\n"
    own = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "PYTHONPATH": str(PROJECT),
    }
    environment = {**own, "API": f"{url}{API}", "RELIEF_URL": url, **variables}
    return subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=60
    )


def wait_for_end(folder: Path, url: str, **known: str) -> None:
    """Ask, each time until something changes, until the job has ended; one that was deleted has no state."""
    state = ""
    while state not in ("succeeded", "failed", "canceled"):
        state = json.loads(run('curl "$API/jobs/$ID?wait=30"', folder, url, **known).stdout).get("state", "succeeded")


def test_the_commands_of_the_api_s_document_run_one_after_the_other(url, workers, folder):
    written = commands("docs/api.md", "curl")
    assert len(written) >= 20
    known: dict[str, str] = {}
    for command in written:
        if known:
            wait_for_end(folder, url, **known)  # a job that runs answers 409
        done = run(command, folder, url, **known)
        refused = command.endswith(REFUSED)
        assert (done.returncode == 0) is not refused, (command, done.stdout, done.stderr)
        known = known or {"ID": httpx.Response(200, text=done.stdout).json()["id"]}
    assert (folder / "cloud.ply").read_bytes() == CLOUD
    with zipfile.ZipFile(folder / "all.zip") as archive:
        assert sorted(archive.namelist()) == ["cloud.ply", "depth.png", "photo.jpg"]


def test_the_commands_of_the_readme_run(url, workers, folder):
    [curl] = commands("README.md", "curl")
    assert run(curl, folder, url).returncode == 0
    [client] = [line for line in commands("README.md", "python") if "web.client" in line]
    done = run(client, folder, url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "faces").is_dir() and list((folder / "faces").rglob("cloud.ply"))
