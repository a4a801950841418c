"""The processes write nowhere but where the containers let them: to their volumes and to the temporary folder."""

import os
import re
import signal
import subprocess
import sys

import httpx
import pytest

from stack.local import PROJECT
from tests.support.browser_setup import in_ci
from tests.support.following import follow, send

READ_ONLY = """
mount --make-rprivate / && mount --bind "$1" /mnt && mkdir /mnt/tmp && mount -o remount,bind,ro / &&
! touch "$HOME/.relief-was-here" 2>/dev/null && TMPDIR=/mnt/tmp exec "$0" -m stack --port 0 --data /mnt
"""


@pytest.fixture
def namespace() -> list[str]:
    """The command that gives a process mounts of its own."""
    command = ["unshare", "--mount"] if os.getuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    if sys.platform != "linux" or subprocess.run([*command, "mount", "--make-rprivate", "/"]).returncode:
        assert not in_ci() or os.getuid() != 0
        pytest.skip("this machine gives no mount namespaces")
    return command


def test_a_photo_becomes_a_model_where_the_root_file_system_is_read_only(namespace, tmp_path, portrait):
    command = [*namespace, "sh", "-c", READ_ONLY, sys.executable, str(tmp_path)]
    with subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE, text=True) as stack:
        assert stack.stderr
        line = stack.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert found, line
        with httpx.Client(base_url=found[0], timeout=60) as client:
            done = follow(client, send(client, portrait, model="portrait", steps="depth,model"))[-1]
        stack.send_signal(signal.SIGTERM)
        stack.stderr.read()
    assert done["state"] == "succeeded"
    assert [path.name for path in tmp_path.rglob("depth.png")] == ["depth.png"]
