"""No library tells its authors of those who use Relief."""

import os
import subprocess
import sys

from stack.local import PROJECT

RUN_A_NETWORK = """
import sys
from pathlib import Path
from worker.person.networks.onnx import OnnxNetwork
import numpy as np
print(OnnxNetwork(Path(sys.argv[1])).run(np.zeros((256, 384, 3), np.uint8)).shape)
"""


def test_networks_run_without_telemetry_whatever_the_environment_says(tmp_path, weights):
    told = {"XDG_CACHE_HOME": str(tmp_path), "ORT_DISABLE_TELEMETRY": "0"}
    argv = [sys.executable, "-c", RUN_A_NETWORK, str(weights / "modnet.onnx")]
    process = subprocess.run(argv, cwd=PROJECT, env=os.environ | told, capture_output=True, text=True, timeout=60)
    assert "256, 384" in process.stdout
    assert list(tmp_path.rglob("*")) == []  # its number for this machine, and what it is about to send
