"""The client's environment, its photos, and a stand-in for the workers."""

import threading
import time
from pathlib import Path

import pytest

from shared.jobs.record import Stage
from tests.conftest import PORTRAIT
from tests.support.requests import finish_stage
from web.client.__main__ import main

DEPTH = b"depth.png" * 50


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path, url):
    monkeypatch.setenv("RELIEF_URL", url)
    monkeypatch.setenv("RELIEF_COOKIES", str(tmp_path / "cookies.json"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("RELIEF_KEY", raising=False)


@pytest.fixture
def worker(store, storage):
    stop = threading.Event()

    def work():
        while not stop.wait(0.05):
            if store.waiting(Stage.DEPTH):
                time.sleep(0.2)
                finish_stage(store, storage, Stage.DEPTH, "depth.png", "depth.npz")

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.fixture
def done(store, storage, capsys) -> str:
    """The id of the client's job, which has its depth map."""
    assert main(["submit", str(PORTRAIT), "--no-wait", "--set", "steps=depth"]) == 0
    finish_stage(store, storage, Stage.DEPTH, "depth.png", "depth.npz")
    assert main(["list"]) == 0
    return capsys.readouterr().out.splitlines()[-1].split()[0]


def photo(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(PORTRAIT.read_bytes())
    return str(path)
