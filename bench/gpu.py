"""Every network on a GPU: is it right in the precision that is used there, and how fast, in batches of which size?

The networks run with the seeded weights of the tests. `python -m bench.gpu NAME...` measures some, without a name all.
"""

from __future__ import annotations

import gc
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from tests.support.seeding import reference, write_checkpoint
from worker.depth.depth_anything import rows as depth_anything
from worker.depth.midas import rows as midas
from worker.depth.network.checkpoint import load_network
from worker.depth.network.layers import folded
from worker.depth.network.loading import spec_of
from worker.depth.network.reading import Reading
from worker.depth.network.row import NetworkModel
from worker.depth.network.torch_backend import CPU_PRECISION, CUDA_BATCH_SIZES, TorchBackend

ROWS = (*depth_anything.ROWS, *midas.ROWS)
PASSES = 9
MIB = 2**20


def main(names: list[str]) -> None:
    """Print the table; errors are of the range of the official output, at most over the reference photos."""
    torch.backends.cudnn.allow_tf32 = False  # so that float32 is float32
    device = torch.device("cuda")
    sizes = " | ".join(f"in {size}s" for size in CUDA_BATCH_SIZES)
    print(
        f"Device: {torch.cuda.get_device_name()}, torch {torch.__version__}. Photos a second at the native square size."
    )
    print(f"\n| network | precision | error float32 | error as used | {sizes} | MiB | load s |")
    print("|---" * (6 + len(CUDA_BATCH_SIZES)) + "|")
    for row in ROWS:
        if not names or row.name in names:
            print(_line(row, device), flush=True)
            gc.collect()
            torch.cuda.empty_cache()


def _line(row: NetworkModel, device: torch.device) -> str:
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Path(folder) / "weights.pt"
        write_checkpoint(row.name, checkpoint)
        began = time.monotonic()
        network = folded(load_network(spec_of(row), checkpoint))
        exact = TorchBackend(network, device, CPU_PRECISION)
        load_s = time.monotonic() - began
    inputs, official = reference(row.name)
    error = _error(exact, inputs, official)
    torch.cuda.reset_peak_memory_stats()
    used = TorchBackend(network, device, row.kind.precision)
    rates = " | ".join(f"{_photos_per_s(used, row.reading, size):.0f}" for size in CUDA_BATCH_SIZES)
    memory = torch.cuda.max_memory_allocated() / MIB
    errors = f"{error:.1e} | {_error(used, inputs, official):.1e}"
    return f"| {row.name} | {row.kind.precision.dtype} | {errors} | {rates} | {memory:.0f} | {load_s:.1f} |"


def _error(backend: TorchBackend, inputs: np.ndarray, official: np.ndarray) -> float:
    return float(np.abs(backend((inputs,))[0][0] - official).max() / np.ptp(official))


def _photos_per_s(backend: TorchBackend, reading: Reading, size: int) -> float:
    """With the copies to the GPU and back."""
    width, height = reading.input_size_wh((1, 1))
    inputs = reading.batch(np.random.default_rng(1).normal(size=(size, 3, height, width)).astype(np.float32))
    backend(inputs)
    seconds = []
    for _ in range(PASSES):
        began = time.monotonic()
        backend(inputs)
        seconds.append(time.monotonic() - began)
    return size / statistics.median(seconds)


if __name__ == "__main__":
    main(sys.argv[1:])
