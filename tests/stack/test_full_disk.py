"""A full disk, really: Valkey ends, comes back by itself, and what was kept free is for deletion."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

DISK_MB, RESERVE_MB = 64, 8
UNSHARE = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
STORIES = Path(__file__).parent / "on_small_disk.py"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux mounts a file system for one process")
def test_relief_goes_on_when_its_disk_was_full(tmp_path):
    if os.geteuid() != 0 and subprocess.run([*UNSHARE, "true"], capture_output=True).returncode:
        pytest.skip("this user may not mount a small file system here")
    mount = f'mount -t tmpfs -o size={DISK_MB}m tmpfs {tmp_path} && exec "$@"'
    stories = [sys.executable, "-m", "pytest", "-n", "0", "-q", "-p", "no:cacheprovider", str(STORIES)]
    environment = {**os.environ, "RELIEF_TEST_DISK": str(tmp_path), "RELIEF_RESERVE_MB": str(RESERVE_MB)}
    run = subprocess.run([*UNSHARE, "sh", "-c", mount, "sh", *stories], env=environment, capture_output=True, text=True)
    assert run.returncode == 0 and "2 passed" in run.stdout, run.stdout + run.stderr
