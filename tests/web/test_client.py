"""The command-line client against a real server; a thread stands in for the workers."""

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from shared.jobs.record import Stage
from stack.local import PROJECT
from stack.processes import Supervised, wait_until
from tests.conftest import PORTRAIT
from tests.support.fronts import answers, running_front
from tests.support.requests import finish_stage
from tests.support.unreliable_proxy import BadLine, Fault, bad_line
from web.client.__main__ import main
from web.client.submit import folders_of
from web.keys import Keys

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
def line(url, monkeypatch) -> Iterator[BadLine]:
    """A line to the server that the client takes."""
    with bad_line(url) as line:
        monkeypatch.setenv("RELIEF_URL", line.url)
        yield line


def photo(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(PORTRAIT.read_bytes())
    return str(path)


@pytest.fixture
def done(store, storage, capsys) -> str:
    """The id of the client's job, which has its depth map."""
    assert main(["submit", str(PORTRAIT), "--no-wait", "--set", "steps=depth"]) == 0
    finish_stage(store, storage, Stage.DEPTH, "depth.png", "depth.npz")
    assert main(["list"]) == 0
    return capsys.readouterr().out.splitlines()[-1].split()[0]


def test_photos_are_sent_followed_and_fetched(worker, tmp_path, capsys):
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


def test_photos_of_one_name_get_folders_of_their_own(worker, tmp_path, capsys):
    photos = [photo(tmp_path / folder / "me.png") for folder in ("a", "b")]
    out = tmp_path / "out"
    assert main(["submit", *photos, "--out", str(out), "--set", "steps=depth"]) == 0
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*.png")) == ["me-2/depth.png", "me/depth.png"]
    assert "out/me-2" in capsys.readouterr().out


def test_the_folders_are_numbered_in_the_order_given():
    given = [Path(name) for name in ("a/me.png", "b/ME.jpg", "me-2.png", "a/me.png", "c/me.png", "...png")]
    assert list(folders_of(given).values()) == ["me", "ME-2", "me-2-2", "me-3", "photo"]


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


def test_what_the_server_refuses_is_told_in_its_words(tmp_path, capsys):
    text = tmp_path / "text.txt"
    text.write_text("no photo")
    assert main(["submit", str(text), str(tmp_path / "none.png")]) == 1
    told = capsys.readouterr().out
    assert "not a JPEG or PNG" in told and "No such file" in told
    assert main(["status", "none"]) == 1
    assert "no job none" in capsys.readouterr().err
    assert main(["--url", "http://127.0.0.1:1", "list"]) == 1


def test_ctrl_c_ends_the_client_at_once_and_loses_no_job(store, tmp_path, capsys):
    photos = [photo(tmp_path / f"{name}.png") for name in ("ann", "bob", "cid", "dan", "eve")]
    client = subprocess.Popen(
        [sys.executable, "-m", "web.client", "submit", *photos],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until("the jobs that are sent at once", lambda: store.waiting(Stage.DEPTH) == 4)
    time.sleep(0.5)  # its threads wait for news now
    began = time.monotonic()
    client.send_signal(signal.SIGINT)
    told, errors = client.communicate(timeout=60)
    assert time.monotonic() - began < 5
    assert (client.returncode, errors) == (130, "")
    [words] = [line for line in told.splitlines() if "To follow them: watch" in line]
    ids = words.split("watch ")[1].split()
    assert len(ids) == 4
    assert main(["status", *ids]) == 0
    assert main(["list"]) == 0
    assert {line.split()[0] for line in capsys.readouterr().out.splitlines()[-4:]} == set(ids)


def test_the_cookie_is_kept_for_its_owner_alone_and_a_worthless_one_replaced(url, tmp_path, capsys):
    jar = tmp_path / "cookies.json"
    jar.write_text(f'{{"{url}": {{"relief": "worthless"}}, "http://other": {{"relief": "stays"}}}}')
    assert main(["submit", *(photo(tmp_path / f"{name}.png") for name in "abc"), "--no-wait"]) == 0
    assert stat.S_IMODE(jar.stat().st_mode) == 0o600
    assert "stays" in jar.read_text() and "worthless" not in jar.read_text()
    capsys.readouterr()
    assert main(["list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert [path.name for path in tmp_path.iterdir() if "cookies" in path.name] == ["cookies.json"]


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe", b"[1]", b'{"http://x": {"relief": "\\u00e4"}}', b'{"x": 1}'])
def test_a_file_that_is_none_of_cookies_is_told_and_left_as_it_is(text, tmp_path, capsys):
    jar = tmp_path / "cookies.json"
    jar.write_bytes(text)
    assert main(["list"]) == 1
    assert "cookies.json is no file of" in capsys.readouterr().err
    assert jar.read_bytes() == text


@pytest.mark.parametrize("key", ["schlüssel", "two words", "a\nb"])
def test_a_key_that_cannot_be_one_is_told_but_not_shown(key, monkeypatch, capsys):
    monkeypatch.setenv("RELIEF_KEY", key)
    assert main(["list"]) == 1
    told = capsys.readouterr().err
    assert "RELIEF_KEY is no API key" in told and key not in told


@pytest.mark.parametrize("job_id", ["../models", "..", "", "a/b", "a\nb", "a?b", "ä", "\udce4"])
def test_what_cannot_be_an_id_is_told(job_id, capsys):
    assert main(["status", job_id]) == 1
    assert "is no id of a job" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["download", "cancel", "watch"])
def test_every_command_looks_at_its_ids(command, capsys):
    assert main([command, "../models"]) == 1
    told = capsys.readouterr()
    assert "'../models' is no id of a job" in told.err + told.out


@pytest.mark.parametrize("address", ["http://[", "http://127.0.0.1:no", "nonsense", ""])
def test_what_cannot_be_an_address_is_told(address, capsys):
    assert main(["--url", address, "list"]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_whoever_answers_and_is_not_relief_is_told(tmp_path, capsys):
    (tmp_path / "api" / "v1").mkdir(parents=True)
    (tmp_path / "api" / "v1" / "jobs").write_text("no jobs here")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(tmp_path))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        assert main(["--url", f"http://127.0.0.1:{server.server_port}", "list"]) == 1
        server.shutdown()
        thread.join()
    assert "is not Relief" in capsys.readouterr().err


def test_names_and_words_with_brackets_are_shown_as_they_are(tmp_path, capsys):
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
    told = capsys.readouterr().out
    assert "folder.png: [Errno 21]" in told and "none.png: [Errno 2]" in told and "caf��.png: Ready." in told


def test_a_result_that_is_not_there_is_told_and_nothing_is_fetched(done, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["download", done, "depth.png", "nope.txt", "--out", str(out)]) == 1
    told = capsys.readouterr().err
    assert "has no nope.txt; it has depth.png, depth.npz, all.zip" in told
    assert not out.exists()


def test_a_job_without_results_is_told(capsys, tmp_path):
    assert main(["submit", str(PORTRAIT), "--no-wait"]) == 0
    assert main(["list"]) == 0
    job_id = capsys.readouterr().out.splitlines()[-1].split()[0]
    assert main(["download", job_id, "--out", str(tmp_path / "out")]) == 1
    assert "has no results: Next in line." in capsys.readouterr().err


def test_a_broken_download_leaves_what_was_there_before(line, done, tmp_path, capsys):
    line.faults["GET", "depth.png"] = [Fault("cut")]
    good = tmp_path / "depth.png"
    good.write_bytes(b"good")
    assert main(["--patience", "0", "download", done, "depth.png", "--out", str(tmp_path)]) == 1
    assert "without sending complete" in capsys.readouterr().err
    assert good.read_bytes() == b"good"
    assert not list(tmp_path.glob("*.part"))


def test_a_broken_download_is_tried_again(line, done, tmp_path):
    line.faults["GET", "depth.png"] = [Fault("cut"), Fault("lost"), Fault("refused")]
    assert main(["download", done, "depth.png", "--out", str(tmp_path)]) == 0
    assert (tmp_path / "depth.png").read_bytes() == DEPTH


def test_a_photo_whose_answer_was_lost_is_sent_again_as_the_same(line, store, capsys):
    line.faults["POST", "/jobs"] = [Fault("lost"), Fault("cut"), Fault("refused", 502)]
    assert main(["submit", str(PORTRAIT), "--no-wait"]) == 0
    posts = [(key, body) for method, _, key, body in line.seen if method == "POST"]
    assert len(posts) == 4 and len(set(posts)) == 1 and posts[0][0]
    assert store.waiting(Stage.DEPTH) == 1


def test_a_job_is_followed_over_a_bad_line(line, worker, capsys):
    assert main(["submit", str(PORTRAIT), "--no-wait", "--set", "steps=depth"]) == 0
    job_id = capsys.readouterr().out.split()[0]
    line.faults["GET", job_id] = [Fault("lost"), Fault("refused", 429, "1"), Fault("cut")]
    assert main(["watch", job_id]) == 0
    assert not line.faults["GET", job_id]


@pytest.mark.parametrize("wish", ["2", "date"])
def test_the_client_waits_as_long_as_the_server_wants(wish, line):
    wished = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 3)) if wish == "date" else wish
    line.faults["POST", "/jobs"] = [Fault("refused", 429, wished)]
    began = time.monotonic()
    assert main(["submit", str(PORTRAIT), "--no-wait"]) == 0
    assert 1.9 < time.monotonic() - began < 8


def test_patience_has_an_end(line, capsys):
    line.faults["POST", "/jobs"] = [Fault("lost")] * 99
    began = time.monotonic()
    assert main(["--patience", "1", "submit", str(PORTRAIT)]) == 1
    assert time.monotonic() - began < 5
    assert "portrait.png: Server disconnected" in capsys.readouterr().out


def test_a_wait_beyond_all_patience_is_not_begun(line, capsys):
    line.faults["POST", "/jobs"] = [Fault("refused", 503, "3600")]
    began = time.monotonic()
    assert main(["submit", str(PORTRAIT)]) == 1
    assert time.monotonic() - began < 5
    assert "the server answered 503" in capsys.readouterr().out


@pytest.fixture
def front(store, settings) -> Iterator[tuple[Supervised, str]]:
    """A front process of its own, started again when it dies, and its URL."""
    with running_front(settings) as running:
        yield running


def test_a_server_that_is_killed_and_started_again_is_waited_for(front, store, storage, tmp_path):
    process, url = front
    submit = ["submit", str(PORTRAIT), "--out", str(tmp_path / "out"), "--set", "steps=depth"]
    client = subprocess.Popen([sys.executable, "-m", "web.client", "--url", url, *submit], cwd=PROJECT)
    wait_until("the job", lambda: store.waiting(Stage.DEPTH) == 1)
    time.sleep(0.5)  # the client waits for news now
    os.killpg(process.pid, signal.SIGKILL)
    wait_until("the end of the front", lambda: not answers(url))
    finish_stage(store, storage, Stage.DEPTH, "depth.png")
    assert client.wait(60) == 0
    assert (tmp_path / "out" / "portrait" / "depth.png").read_bytes() == DEPTH
