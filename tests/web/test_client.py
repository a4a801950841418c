"""The command-line client against a real server; a thread stands in for the workers."""

import threading
import time

import pytest

from shared.jobs import Stage
from tests.conftest import PORTRAIT
from tests.web.asking import finish_stage
from web.client import main
from web.keys import Keys


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


def test_photos_are_sent_followed_and_fetched(worker, tmp_path, capsys):
    photos = [tmp_path / f"{name}.png" for name in ("ann", "bob", "cid")]
    for photo in photos:
        photo.write_bytes(PORTRAIT.read_bytes())
    out = tmp_path / "out"
    assert main(["submit", *map(str, photos), "--out", str(out), "--set", "steps=depth"]) == 0
    assert {path.name for path in out.iterdir()} == {"ann", "bob", "cid"}
    assert (out / "ann" / "depth.png").read_bytes() == b"depth.png" * 50
    assert "bob.png: Ready." in capsys.readouterr().out
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 and all("succeeded" in line for line in lines)
    job_id = lines[0].split()[0]
    assert main(["watch", job_id]) == 0
    assert main(["download", job_id, "depth.npz", "--out", str(tmp_path / "one")]) == 0
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["depth.npz"]


def test_a_key_takes_the_place_of_the_cookie(store, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("RELIEF_KEY", Keys(store.redis).create("lab"))
    assert main(["submit", str(PORTRAIT), "--no-wait"]) == 0
    assert main(["list"]) == 0
    job_id = capsys.readouterr().out.splitlines()[-1].split()[0]
    assert main(["cancel", job_id]) == 0
    assert "canceled" in capsys.readouterr().out
    assert store.get(job_id).owner == "key-lab"
    assert not (tmp_path / "cookies.json").exists()
    assert main(["status", job_id]) == 0


def test_what_the_server_refuses_is_told_in_its_words(tmp_path, capsys):
    text = tmp_path / "text.txt"
    text.write_text("no photo")
    assert main(["submit", str(text), str(tmp_path / "none.png")]) == 1
    told = capsys.readouterr().out
    assert "not a JPEG or PNG" in told and "No such file" in told
    assert main(["status", "none"]) == 1
    assert "no job none" in capsys.readouterr().err
    assert main(["--url", "http://127.0.0.1:1", "list"]) == 1
