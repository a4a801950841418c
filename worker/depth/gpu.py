"""Whether networks would run on a GPU here, found out without torch in this process."""

from __future__ import annotations

import logging
import subprocess
import sys
from functools import cache
from pathlib import Path

from worker.depth.network.exports import torch_is_here

log = logging.getLogger(__name__)

DRIVERS = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")
"""Of NVIDIA, of either inside Windows, of AMD; where none is, torch is not asked."""
LONGEST_S = 60
"""To wait for torch, which takes 2 to 10 s to be imported and to find its devices."""


@cache
def gpu_is_here() -> bool:
    """Whether torch finds a GPU.

    Another process asks it, once: torch takes seconds and much memory to import, and who has asked a GPU may not fork,
    as Celery does.
    """
    if not torch_is_here() or not any(Path(driver).exists() for driver in DRIVERS):
        return False
    question = [sys.executable, "-c", "import torch; print(torch.cuda.is_available())"]
    try:
        answer = subprocess.run(question, capture_output=True, text=True, timeout=LONGEST_S, check=True)
    except subprocess.SubprocessError as error:
        log.warning("torch does not say whether there is a GPU, so none is counted on: %s", error)
        return False
    return answer.stdout.strip() == "True"
