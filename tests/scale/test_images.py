"""The images, as venvs of this machine: what they hold is enough for a whole job."""

import subprocess
from functools import partial
from pathlib import Path

from shared.settings import WeightsSettings
from stack.local import is_ready
from stack.processes import Command, Supervised, free_port, wait_until
from stack.valkey import start_valkey
from tests.conftest import PORTRAIT, SECRET
from tests.support.images import CPU_WORKER, WEB
from worker.depth import registry


def test_a_job_is_done_by_what_the_web_image_and_the_cpu_image_hold_and_nothing_else(tmp_path):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    valkey, redis_url = start_valkey(tmp_path / "valkey")
    settings = {"REDIS_URL": redis_url, "RELIEF_DATA": str(tmp_path / "data"), "RELIEF_SECRET": SECRET}
    settings |= {"RELIEF_WEIGHTS": str(weights_in(tmp_path / "weights")), "RELIEF_THREADS": "1"}
    web, worker = WEB.unpacked(tmp_path / "web"), CPU_WORKER.unpacked(tmp_path / "worker")
    celery = ["-m", "celery", "-A", "worker.app", "worker", "-Q", "depth,model,head,export"]
    processes = [valkey, started(worker, celery, settings), started(web, ["-m", "web", "--port", str(port)], settings)]
    try:
        wait_until("the web front, and a worker of each stage", partial(is_ready, url))
        submit = ["-m", "web.client", "--url", url, "submit", "--out", str(tmp_path / "out"), str(PORTRAIT)]
        sent = subprocess.run(
            [web / "bin" / "python", *submit],
            env={"PYTHONPATH": str(web / "app"), "RELIEF_COOKIES": str(tmp_path / "cookies")},
            capture_output=True,
            text=True,
        )
        assert sent.returncode == 0, sent.stderr
        assert {"head.glb", "view.html", "depth.png"} <= {file.name for file in (tmp_path / "out").rglob("*")}
        assert "jobs with dpt_hybrid_384 fail at this worker: torch is not" in (tmp_path / "worker.log").read_text()
    finally:
        for process in reversed(processes):
            process.stop()


def weights_in(folder: Path) -> Path:
    """The weights of `portrait`, and a network's, which nobody has exported."""
    folder.mkdir()
    for file in registry.row("portrait").weights.files:
        (folder / file.name).symlink_to(WeightsSettings.from_environment().weights / file.name)
    (folder / "dpt_hybrid_384.pt").touch()
    return folder


def started(unpacked: Path, arguments: list[str], settings: dict[str, str]) -> Supervised:
    """A process of an unpacked image."""
    environment = {"PYTHONPATH": str(unpacked / "app"), **settings}
    argv = [str(unpacked / "bin" / "python"), *arguments]
    return Supervised(Command(unpacked.name, argv, environment, unpacked.with_suffix(".log")))
