"""The rooms' doors: who may import whom, and what must stay light."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parent.parent
HEAVY = ("torch", "timm", "cv2", "scipy", "worker")


def test_the_import_contracts_hold():
    check = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"], cwd=PROJECT, capture_output=True, text=True
    )
    assert check.returncode == 0, check.stdout


def test_the_web_front_loads_no_network_library():
    code = f"import sys, web.__main__; print([name for name in {HEAVY!r} if name in sys.modules])"
    environment = {"REDIS_URL": "redis://127.0.0.1:1", "RELIEF_DATA": "/tmp", "RELIEF_SECRET": "s" * 32}
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, env=environment, capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "[]"


def test_the_worker_loads_no_network_before_it_is_needed():
    code = "import sys, worker.pipeline, worker.depth.registry, worker.stages; print('torch' in sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "False"


def test_no_line_of_a_script_or_style_has_more_than_120_characters():
    files = [
        path
        for folder in ("shared", "web", "worker")
        for path in (PROJECT / folder).rglob("*")
        if path.suffix in (".js", ".css") and not path.name.startswith("plotly")  # those are not ours
    ]
    assert files
    long = [
        f"{path.relative_to(PROJECT)}:{number}"
        for path in files
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if len(line) > 120
    ]
    assert long == []
