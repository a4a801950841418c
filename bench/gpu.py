"""Every network on a GPU: is it right in the precision that is used there, and how fast, in batches of which size?

The networks run with the seeded weights of the tests. `python -m bench.gpu NAME...` measures some, without a name all.
"""

from __future__ import annotations

import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from tests.support.seeding import reference, write_checkpoint
from tests.worker.depth.moge.cases import case, outputs_of
from worker.depth.depth_anything import rows as depth_anything
from worker.depth.midas import rows as midas
from worker.depth.moge import rows as moge
from worker.depth.network.checkpoint import load_network
from worker.depth.network.layers import folded
from worker.depth.network.loading import spec_of
from worker.depth.network.reading import Arrays, Reading
from worker.depth.network.row import NetworkModel
from worker.depth.network.torch_backend import CPU_PRECISION, CUDA_BATCH_SIZES, TorchBackend

ROWS = (*moge.ROWS, *depth_anything.ROWS, *midas.ROWS)
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
    error_of = _moge_error if row in moge.ROWS else _disparity_error
    error = error_of(row, exact)
    torch.cuda.reset_peak_memory_stats()
    used = TorchBackend(network, device, row.kind.precision)
    rates = " | ".join(f"{_photos_per_s(used, row.reading, size):.0f}" for size in CUDA_BATCH_SIZES)
    memory = torch.cuda.max_memory_allocated() / MIB
    errors = f"{error:.1e} | {error_of(row, used):.1e}"
    return f"| {row.name} | {row.kind.precision.dtype} | {errors} | {rates} | {memory:.0f} | {load_s:.1f} |"


def _disparity_error(row: NetworkModel, run: Callable[[Arrays], Arrays]) -> float:
    inputs, official = reference(row.name)
    return _of_range(run((inputs,))[0][0], official)


def _moge_error(row: NetworkModel, run: Callable[[Arrays], Arrays]) -> float:
    """The largest of all outputs."""
    official = case(row.name, "portrait")
    reading = row.reading.with_tokens(official.tokens)
    inputs = reading.inputs(official.photo, reading.input_size_wh(official.size_wh))
    raw = run(tuple(values[None] for values in inputs))
    ours = outputs_of(official, *(output[0] for output in raw))
    return max(_of_range(ours[key], expected) for key, expected in official.outputs.items())


def _of_range(found: np.ndarray, official: np.ndarray) -> float:
    """The largest error as a share of the range; of a number, of itself."""
    return float(np.abs(found - official).max() / (np.ptp(official) or np.abs(official)))


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
