"""The commands of the client against a real server; a thread stands in for the workers."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from shared.jobs.record import Stage
from stack.local import PROJECT
from stack.processes import wait_until
from tests.conftest import PORTRAIT
from tests.web.client.conftest import DEPTH, photo
from web.client.__main__ import main
from web.keys import Keys


def test_the_client_imports_neither_flask_nor_celery_nor_redis():
    code = "import sys, web.client.__main__; print(*{'flask', 'celery', 'redis'}.intersection(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_photos_are_sent_followed_and_their_results_fetched(worker, tmp_path, capsys):
    photos = [photo(tmp_path / f"{name}.png") for name in ("ann", "bob", "cid")]
    out = tmp_path / "out"
    assert main(["submit", *photos, "--out", str(out), "--set", "steps=depth"]) == 0
    assert {path.name for path in out.iterdir()} == {"ann", "bob", "cid"}
    assert (out / "ann" / "depth.png").read_bytes() == DEPTH
    assert "bob.png: Ready." in capsys.readouterr().out
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 and all("succeeded" in line for line in lines)
    job_id = lines[0].split()[0]
    assert main(["watch", job_id]) == 0
    assert main(["download", job_id, "depth.npz", "--out", str(tmp_path / "one")]) == 0
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["depth.npz"]


def test_a_disparity_map_is_sent_with_one_photo_and_refused_with_two(store, storage, tmp_path, capsys):
    disparity = tmp_path / "map.npy"
    np.save(disparity, np.tile(np.arange(32.0), (32, 1)))
    one, other = (photo(tmp_path / f"{name}.png") for name in ("ann", "bob"))
    assert main(["submit", one, other, "--disparity", str(disparity)]) == 1
    assert "--disparity is of one photo, and 2 were given" in capsys.readouterr().err
    assert store.waiting(Stage.DEPTH) == 0
    assert main(["submit", one, "--disparity", str(disparity), "--no-wait"]) == 0
    [job_id] = storage.job_ids()
    assert store.jobs.get(job_id).disparity.width == 32
    assert main(["submit", one, "--disparity", str(tmp_path / "none.npy")]) == 1
    assert "No such file" in capsys.readouterr().out


def test_photos_of_the_same_name_get_different_folders(worker, tmp_path, capsys):
    photos = [photo(tmp_path / folder / "me.png") for folder in ("a", "b")]
    out = tmp_path / "out"
    assert main(["submit", *photos, "--out", str(out), "--set", "steps=depth"]) == 0
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*.png")) == ["me-2/depth.png", "me/depth.png"]
    assert "out/me-2" in capsys.readouterr().out


def test_a_key_takes_the_place_of_the_cookie(store, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("RELIEF_KEY", Keys(store.redis).create("lab"))
    assert main(["submit", str(PORTRAIT), "--no-wait"]) == 0
    assert main(["list"]) == 0
    job_id = capsys.readouterr().out.splitlines()[-1].split()[0]
    assert main(["cancel", job_id]) == 0
    assert "canceled" in capsys.readouterr().out
    assert store.jobs.get(job_id).owner == "key-lab"
    assert not (tmp_path / "cookies.json").exists()
    assert main(["status", job_id]) == 0


def test_a_refusal_is_shown_in_the_servers_words(tmp_path, capsys):
    text = tmp_path / "text.txt"
    text.write_text("no photo")
    assert main(["submit", str(text), str(tmp_path / "none.png")]) == 1
    shown = capsys.readouterr().out
    assert "not a JPEG or PNG" in shown and "No such file" in shown
    assert main(["status", "none"]) == 1
    assert "no job none" in capsys.readouterr().err
    assert main(["--url", "http://127.0.0.1:1", "list"]) == 1


@pytest.fixture
def submitting(tmp_path) -> Iterator[subprocess.Popen[str]]:
    """A client that sends five photos."""
    photos = [photo(tmp_path / f"{name}.png") for name in ("ann", "bob", "cid", "dan", "eve")]
    client = subprocess.Popen(
        [sys.executable, "-m", "web.client", "submit", *photos],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with client:
        yield client
        client.kill()  # where it still runs


def test_ctrl_c_stops_the_client_at_once_and_names_the_jobs_sent(store, submitting, capsys):
    wait_until("the jobs that are sent at once", lambda: store.waiting(Stage.DEPTH) == 4)
    time.sleep(0.5)  # its threads wait for changes now
    began = time.monotonic()
    submitting.send_signal(signal.SIGINT)
    shown, errors = submitting.communicate(timeout=60)
    assert time.monotonic() - began < 5
    assert (submitting.returncode, errors) == (130, "")
    [words] = [line for line in shown.splitlines() if "To follow them: watch" in line]
    ids = words.split("watch ")[1].split()
    assert len(ids) == 4
    assert main(["status", *ids]) == 0
    assert main(["list"]) == 0
    assert {line.split()[0] for line in capsys.readouterr().out.splitlines()[-4:]} == set(ids)


def test_brackets_in_file_names_are_shown_as_they_are(tmp_path, capsys):
    name = photo(tmp_path / "me [copy] :smile: [bold].png")
    assert main(["submit", name, "--no-wait"]) == 0
    assert "me [copy] :smile: [bold].png" in capsys.readouterr().out
    assert main(["submit", name, "--set", "color[/b]=photo"]) == 1
    assert "Unknown settings: color[/b]" in capsys.readouterr().out


def test_photos_that_cannot_be_read_do_not_stop_the_others(worker, tmp_path, capsys):
    folder = tmp_path / "folder.png"
    folder.mkdir()
    strange = photo(tmp_path / os.fsdecode(b"caf\xe9\n.png"))
    out = tmp_path / "out"
    photos = [str(folder), str(tmp_path / "none.png"), strange, photo(tmp_path / "good.png")]
    assert main(["submit", *photos, "--out", str(out), "--set", "steps=depth"]) == 1
    assert {path.name for path in out.iterdir()} == {Path(strange).stem, "good"}
    shown = capsys.readouterr().out
    assert "folder.png: [Errno 21]" in shown and "none.png: [Errno 2]" in shown and "caf��.png: Ready." in shown
