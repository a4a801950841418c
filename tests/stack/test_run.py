"""`make run` and `make demo` as a person starts and stops them."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from stack.local import Plan, Stack
from stack.processes import Command, StackError, Supervised
from tests.support.following import follow, result, send

PROJECT = Path(__file__).parents[2]


def processes_of(folder: Path) -> list[str]:
    """Command lines and environments that name the folder, of other processes that live."""
    if sys.platform == "darwin":
        listing = subprocess.run(["ps", "eww", "-A", "-o", "pid=,command="], capture_output=True, text=True, check=True)
        told = dict(line.split(maxsplit=1) for line in listing.stdout.splitlines())
    else:
        told = {path.name: words(path) for path in Path("/proc").glob("[0-9]*")}
    return [line for pid, line in told.items() if str(folder) in line and int(pid) != os.getpid()]


def words(process: Path) -> str:
    """Command line and environment of a process, by its folder in /proc; empty where it has ended."""
    with suppress(OSError):
        return ((process / "cmdline").read_bytes() + (process / "environ").read_bytes()).decode(errors="replace")
    return ""


def start(data: Path) -> tuple[subprocess.Popen[str], str]:
    """`python -m stack`, and the URL that it prints."""
    process = subprocess.Popen(
        [sys.executable, "-m", "stack", "--port", "0", "--data", str(data)],
        cwd=PROJECT,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    line = process.stderr.readline()
    found = re.search(r"http://127\.0\.0\.1:\d+", line)
    assert found, line
    return process, found[0]


def test_ctrl_c_leaves_no_process_and_a_restart_finds_the_jobs(tmp_path, portrait):
    data = tmp_path / "data"
    process, url = start(data)
    with httpx.Client(base_url=url, timeout=60) as client:
        done = follow(client, send(client, portrait, steps="depth"))[-1]
        waiting = send(client, portrait, steps="depth,model")
        cookies = dict(client.cookies)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert process.stderr
    process.stderr.close()
    assert processes_of(data) == []
    assert not (data / "redis-url").exists()

    process, url = start(data)
    with httpx.Client(base_url=url, timeout=60, cookies=cookies) as client:
        again = client.get(done["links"]["self"]).json()
        assert again["results"] == done["results"]
        assert len(result(client, again, "depth.png")) > 0
        assert follow(client, waiting)[-1]["state"] == "succeeded"
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    process.stderr.close()
    assert processes_of(data) == []


def gone(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, timeout=20)[1]


def test_what_a_killed_stack_started_ends_with_it(tmp_path):
    process, _ = start(tmp_path)
    started = psutil.Process(process.pid).children(recursive=True)
    assert len(started) >= 5
    process.kill()
    assert gone(started), started
    assert process.stderr and process.wait() == -signal.SIGKILL
    assert "ended" in process.stderr.read()
    process.stderr.close()


def test_the_next_start_ends_what_was_left_and_no_stranger_of_the_same_command(tmp_path):
    data = tmp_path / "data"
    process, url = start(data)
    assert data.stat().st_mode & 0o077 == 0
    own = psutil.Process(process.pid)
    [watcher] = [child for child in own.children() if "stack.leftovers" in child.cmdline()]
    started = own.children(recursive=True)
    watcher.kill()
    process.kill()
    assert process.stderr and process.wait() == -signal.SIGKILL
    process.stderr.close()
    left = [child for child in started if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    assert len(left) >= 4
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", str(data)]) as stranger:
        port = url.rpartition(":")[2]
        with Stack(Plan(data, port=int(port))) as stack:
            assert httpx.get(f"{stack.url}/readyz").is_success
            assert gone(left), left
            assert stranger.poll() is None
        stranger.kill()
    assert processes_of(data) == []


def test_no_process_but_the_web_has_the_secret_of_the_cookies(stack):
    secret = (stack.plan.data / "secret").read_text()
    held = {}
    for name, process in stack.processes.items():
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        held[name] = any(secret in member.environ().values() for member in family)
    assert held == {name: name.startswith("web") for name in stack.processes}


def command(*arguments: str, cwd: Path = PROJECT, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command of ours, in a shell that has none of our settings."""
    own = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT), **environment}
    return subprocess.run([sys.executable, "-m", *arguments], cwd=cwd, env=own, capture_output=True, text=True)


def test_commands_beside_a_stack_find_it_by_its_data_folder(stack, tmp_path):
    made = command("web.keys", "create", "beside", RELIEF_DATA=str(stack.plan.data))
    assert made.returncode == 0, made.stderr
    with httpx.Client(base_url=stack.url, headers={"Authorization": f"Bearer {made.stdout.strip()}"}) as client:
        assert client.get("/api/v1/jobs").status_code == 200
    (tmp_path / "data").symlink_to(stack.plan.data)
    assert "beside" in command("web.keys", "list", cwd=tmp_path).stdout.splitlines()
    assert command("worker.dead", "list", cwd=tmp_path).returncode == 0
    assert command("web.keys", "revoke", "beside", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("arguments", [("web.keys", "create", "nobody"), ("worker.dead", "list")])
def test_commands_beside_no_stack_say_what_to_set(arguments, tmp_path):
    refused = command(*arguments, cwd=tmp_path)
    assert refused.returncode == 1
    for words in ("REDIS_URL", "RELIEF_DATA", str(tmp_path / "data")):
        assert words in refused.stdout + refused.stderr


def test_what_a_stack_keeps_can_be_read_by_its_user_alone(stack):
    for name in ("secret", "redis-url", "valkey/valkey.conf"):
        assert (stack.plan.data / name).stat().st_mode & 0o077 == 0, name


def test_a_secret_of_our_own_environment_is_not_handed_on(tmp_path, monkeypatch):
    monkeypatch.setenv("RELIEF_SECRET", "s" * 40)
    sleeper = Supervised(Command("sleeper", ["sleep", "60"], {}, tmp_path / "log"))
    assert "RELIEF_SECRET" not in psutil.Process(sleeper.pid).environ()
    sleeper.stop()


def test_the_demo_writes_what_it_says(tmp_path):
    out = tmp_path / "out"
    demo = subprocess.run(
        [sys.executable, "-m", "stack.demo", "--model", "portrait", "--out", str(out)],
        cwd=PROJECT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert demo.returncode == 0, demo.stderr
    for name in ("photo.jpg", "depth.png", "cloud.ply", "head.glb", "view.html", "job.json"):
        assert (out / name).stat().st_size > 1000
        assert name in demo.stdout
    assert json.loads((out / "job.json").read_text())["model"] == "portrait"
    assert "Depth model: portrait" in demo.stdout


def test_the_demo_fails_with_the_servers_words(tmp_path):
    text = tmp_path / "photo.jpg"
    text.write_text("no photo")
    demo = subprocess.run(
        [sys.executable, "-m", "stack.demo", str(text), "--model", "portrait", "--out", str(tmp_path / "out")],
        cwd=PROJECT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert demo.returncode == 1
    assert "not a JPEG or PNG" in demo.stderr


def test_a_second_stack_on_the_same_data_is_refused(stack):
    with pytest.raises(StackError, match="another Relief"):
        Stack(Plan(stack.plan.data)).__enter__()


def test_a_process_that_dies_is_started_again(tmp_path):
    sleeper = Supervised(Command("sleeper", ["sleep", "60"], {}, tmp_path / "log"))
    first = sleeper.pid
    os.kill(first, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while sleeper.pid == first and time.monotonic() < deadline:
        time.sleep(0.05)
    assert sleeper.pid != first
    last = sleeper.pid
    sleeper.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(last, 0)


def test_a_port_that_is_taken_is_told_at_once(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        argv = [sys.executable, "-m", "stack", "--port", str(port), "--data", str(tmp_path)]
        process = subprocess.run(argv, cwd=PROJECT, capture_output=True, text=True, timeout=60)
    assert process.returncode == 1
    assert f"port {port} is taken" in process.stderr
    assert processes_of(tmp_path) == []
