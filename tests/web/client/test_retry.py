"""What the client sends again over a connection that loses, cuts and refuses answers, and for how long."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from shared.jobs.record import Stage
from stack.local import PROJECT
from stack.processes import Supervised, wait_until
from tests.conftest import PORTRAIT
from tests.support.fronts import answers, running_front
from tests.support.requests import finish_stage
from tests.support.unreliable_proxy import Fault, UnreliableProxy, unreliable_proxy
from tests.web.client.conftest import DEPTH
from web.client.__main__ import main


@pytest.fixture
def proxy(url, monkeypatch) -> Iterator[UnreliableProxy]:
    """The proxy through which the client reaches the server."""
    with unreliable_proxy(url) as proxy:
        monkeypatch.setenv("RELIEF_URL", proxy.url)
        yield proxy


def test_a_broken_download_leaves_the_old_file(proxy, done, tmp_path, capsys):
    proxy.faults["GET", "depth.png"] = [Fault("cut")]
    good = tmp_path / "depth.png"
    good.write_bytes(b"good")
    assert main(["--patience", "0", "download", done, "depth.png", "--out", str(tmp_path)]) == 1
    assert "without sending complete" in capsys.readouterr().err
    assert good.read_bytes() == b"good"
    assert not list(tmp_path.glob("*.part"))


def test_a_broken_download_is_repeated(proxy, done, tmp_path):
    proxy.faults["GET", "depth.png"] = [Fault("cut"), Fault("lost"), Fault("refused")]
    assert main(["download", done, "depth.png", "--out", str(tmp_path)]) == 0
    assert (tmp_path / "depth.png").read_bytes() == DEPTH


def test_a_photo_whose_answer_was_lost_is_sent_again_with_the_same_key(proxy, store, capsys):
    proxy.faults["POST", "/jobs"] = [Fault("lost"), Fault("cut"), Fault("refused", 502)]
    assert main(["submit", str(PORTRAIT), "--no-wait"]) == 0
    posts = [(key, body) for method, _, key, body in proxy.seen if method == "POST"]
    assert len(posts) == 4 and len(set(posts)) == 1 and posts[0][0]
    assert store.waiting(Stage.DEPTH) == 1


def test_a_job_is_followed_over_an_unreliable_connection(proxy, worker, capsys):
    assert main(["submit", str(PORTRAIT), "--no-wait", "--set", "steps=depth"]) == 0
    job_id = capsys.readouterr().out.split()[0]
    proxy.faults["GET", job_id] = [Fault("lost"), Fault("refused", 429, "1"), Fault("cut")]
    assert main(["watch", job_id]) == 0
    assert not proxy.faults["GET", job_id]


@pytest.mark.parametrize("wish", ["2", "date"])
def test_the_client_waits_as_long_as_retry_after_says(wish, proxy):
    wished = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 3)) if wish == "date" else wish
    proxy.faults["POST", "/jobs"] = [Fault("refused", 429, wished)]
    began = time.monotonic()
    assert main(["submit", str(PORTRAIT), "--no-wait"]) == 0
    assert 1.9 < time.monotonic() - began < 8


def test_requests_are_repeated_for_a_limited_time(proxy, capsys):
    proxy.faults["POST", "/jobs"] = [Fault("lost")] * 99
    began = time.monotonic()
    assert main(["--patience", "1", "submit", str(PORTRAIT)]) == 1
    assert time.monotonic() - began < 5
    assert "portrait.png: Server disconnected" in capsys.readouterr().out


def test_a_retry_after_beyond_the_limit_is_not_waited_for(proxy, capsys):
    proxy.faults["POST", "/jobs"] = [Fault("refused", 503, "3600")]
    began = time.monotonic()
    assert main(["submit", str(PORTRAIT)]) == 1
    assert time.monotonic() - began < 5
    assert "the server answered 503" in capsys.readouterr().out


@pytest.fixture
def front(store, settings) -> Iterator[tuple[Supervised, str]]:
    """A front process of its own, started again when it dies, and its URL."""
    with running_front(settings) as running:
        yield running


def test_the_client_waits_for_a_server_that_is_killed_and_started_again(front, store, storage, tmp_path):
    process, url = front
    submit = ["submit", str(PORTRAIT), "--out", str(tmp_path / "out"), "--set", "steps=depth"]
    client = subprocess.Popen([sys.executable, "-m", "web.client", "--url", url, *submit], cwd=PROJECT)
    wait_until("the job", lambda: store.waiting(Stage.DEPTH) == 1)
    time.sleep(0.5)  # the client waits for a change now
    os.killpg(process.pid, signal.SIGKILL)
    wait_until("the end of the front", lambda: not answers(url))
    finish_stage(store, storage, Stage.DEPTH, "depth.png")
    assert client.wait(60) == 0
    assert (tmp_path / "out" / "portrait" / "depth.png").read_bytes() == DEPTH
