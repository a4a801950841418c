"""What this process uses of the GPU."""

from __future__ import annotations

import sys


def gpu_memory_bytes() -> int | None:
    """Memory that torch holds on the GPU; None where torch is not loaded or there is no GPU."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return None
    return int(torch.cuda.memory_reserved())
