"""Every network, of MiDaS and Depth Anything: equal to the official one? how fast by each backend, and in batches?

The trained weights are not needed: the networks run with the seeded ones of the tests, which take the same time.
`python -m bench.midas NAME...` measures some of them only, `python -m bench.midas all` all sixteen. BENCH_MIDAS names
a folder that keeps checkpoints and exports.
"""

from __future__ import annotations

import gc
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from shared.errors import ModelError
from tests.support.seeding import reference, write_checkpoint
from worker.depth.depth_anything import rows as depth_anything
from worker.depth.midas import rows as midas
from worker.depth.network.backends import Backend
from worker.depth.network.checkpoint import load_network
from worker.depth.network.export import MAX_ERROR
from worker.depth.network.exports import Subject
from worker.depth.network.layers import folded
from worker.depth.network.loading import family_of, open_backend, spec_of
from worker.depth.network.reading import Arrays, Reading
from worker.depth.network.torch_backend import TorchBackend, default_device
from worker.depth.weights import sha256_of

ROWS = (*depth_anything.ROWS, *midas.ROWS)
TURNS = 5
TURN_MS = 500  # a turn is as many passes as fit, at most MAX_PASSES
MAX_PASSES = 6
BATCH = 8
GOAL = 0.5
MATRIX_SIDE = 2048
COLUMNS = (
    "model",
    "parameters",
    "parity",
    "GFLOP",
    "at matrix product's rate",
    "torch",
    "ONNX Runtime",
    "ratio",
    "its error",
    "photos/s alone",
    "in 8s",
)
QUICK = ("midas_v21_small_256", "midas_v21_384", "dpt_hybrid_384", "dpt_levit_224", "dpt_swin2_tiny_256")
QUICK += ("depth_anything_v2_vits",)


@dataclass(frozen=True)
class Measured:
    """One row of the table; times in ms of one photo at the native square size, medians of runs in turn.

    least_ms: what the network's products and sums take at the rate of a large float32 matrix product, measured in turn.
    """

    name: str
    parameters: int
    parity: float
    gflop: float
    least_ms: float
    torch_ms: float
    onnx_ms: float
    onnx_error: float
    alone_per_s: float
    batch_per_s: float


def main() -> None:
    """Print the table: of the models named on the command line of this script, else of QUICK."""
    known = [row.name for row in ROWS]
    named = known if sys.argv[1:] == ["all"] else [name for name in sys.argv[1:] if name in known]
    folder = os.environ.get("BENCH_MIDAS")
    with tempfile.TemporaryDirectory() as scratch:
        print(
            f"Device: {default_device()}, {torch.get_num_threads()} threads. Native square input, float32 on a CPU.\n"
        )
        print(f"| {' | '.join(COLUMNS)} |")
        print("|---" * len(COLUMNS) + "|")
        rows = []
        for name in named or QUICK:
            rows.append(measured(name, Path(folder or scratch)))
            print(_line(rows[-1]), flush=True)
            gc.collect()
    slow = [row for row in rows if row.onnx_ms > GOAL * row.torch_ms]
    print()
    for row in slow:
        print(f"`{row.name}` misses the goal of {GOAL} of torch's time: {row.onnx_ms / row.torch_ms:.2f}. {_why(row)}")
    print(f"Load of the machine over the last minutes: {os.getloadavg()}; 0 beside this bench when nothing else runs.")


def measured(name: str, folder: Path) -> Measured:
    """Measure one model, its checkpoint and export in the folder."""
    model = next(row for row in ROWS if row.name == name)
    checkpoint = folder / f"{name}.pt"
    folder.mkdir(parents=True, exist_ok=True)
    if not checkpoint.exists():
        write_checkpoint(name, checkpoint)
    spec = spec_of(model)
    subject = Subject(
        network=lambda: load_network(spec, checkpoint),
        gpu_precision=model.kind.precision,
        weights_sha256=sha256_of(checkpoint),
        reading=model.reading,
        family=family_of(model),
        cache=folder / "onnx",
    )
    served = replace(subject, network=lambda: folded(load_network(spec, checkpoint)))  # as the workers export it
    by_torch = open_backend("torch", subject)
    parameters = sum(parameter.numel() for parameter in by_torch.network.parameters())
    inputs, official = reference(name)
    parity = float(np.abs(by_torch((inputs,))[0][0] - official).max() / np.ptp(official))
    try:
        by_onnx = open_backend("onnxruntime", served)
    except ModelError as error:
        print(f"{name}: {error}", file=sys.stderr)
        by_onnx = None
    return _timed(name, parameters, parity, by_torch, by_onnx, model.reading)


def _timed(
    name: str, parameters: int, parity: float, by_torch: TorchBackend, by_onnx: Backend | None, reading: Reading
) -> Measured:
    width, height = reading.input_size_wh((1, 1))
    photos = reading.batch(np.random.default_rng(1).normal(size=(BATCH, 3, height, width)).astype(np.float32))
    one = tuple(values[:1] for values in photos)
    other = by_onnx or by_torch
    (expected,), (found,) = by_torch(one), other(one)
    square = torch.ones(MATRIX_SIDE, MATRIX_SIDE)
    square_ms, torch_ms, onnx_ms = _in_turn(lambda: square @ square, lambda: by_torch(one), lambda: other(one))
    gflop = _gflop(by_torch, one)
    chosen = other if onnx_ms < torch_ms else by_torch
    batch_ms = statistics.median(_milliseconds(lambda: chosen(photos)) for _ in range(3))
    return Measured(
        name=name,
        parameters=parameters,
        parity=parity,
        gflop=gflop,
        least_ms=gflop * 1e9 * square_ms / (2 * MATRIX_SIDE**3),
        torch_ms=torch_ms,
        onnx_ms=onnx_ms if by_onnx else float("nan"),
        onnx_error=float(np.abs(found - expected).max() / np.ptp(expected)) if by_onnx else float("nan"),
        alone_per_s=1000 / min(torch_ms, onnx_ms),
        batch_per_s=1000 * BATCH / batch_ms,
    )


def _in_turn(*runs: Callable[[], object]) -> list[float]:
    """Median ms of each, in turns of several passes: the threads of one library slow the other's next pass."""
    passes = [max(1, min(MAX_PASSES, int(TURN_MS / _milliseconds(run)))) for run in runs]
    times: list[list[float]] = [[] for _ in runs]
    for _ in range(TURNS):
        for run, count, row in zip(runs, passes, times, strict=True):
            row += [_milliseconds(run) for _ in range(count)]
    return [statistics.median(row) for row in times]


def _milliseconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return 1000 * (time.perf_counter() - start)


def _gflop(by_torch: TorchBackend, photo: Arrays) -> float:
    """Products and sums of one pass; torch counts those of matrix products and convolutions."""
    with FlopCounterMode(display=False) as counter:
        by_torch(photo)
    return counter.get_total_flops() / 1e9


def _why(row: Measured) -> str:
    if row.least_ms > GOAL * row.torch_ms:
        return (
            f"It cannot be met in float32: at the rate of a large matrix product it would take {row.least_ms:.0f} ms, "
            f"and half of torch's time is {GOAL * row.torch_ms:.0f} ms."
        )
    return f"At the rate of a large matrix product it would take {row.least_ms:.0f} ms."


def _line(row: Measured) -> str:
    if row.onnx_error > MAX_ERROR:
        raise SystemExit(f"{row.name}: ONNX Runtime is off by {row.onnx_error} of the range")
    cells = [f"`{row.name}`", f"{row.parameters / 1e6:.1f} M", f"{row.parity:.1e}"]
    cells += [f"{row.gflop:.0f}", f"{row.least_ms:.0f} ms", f"{row.torch_ms:.0f} ms"]
    cells += [f"{row.onnx_ms:.0f} ms", f"{row.onnx_ms / row.torch_ms:.2f}", f"{row.onnx_error:.1e}"]
    cells += [f"{row.alone_per_s:.2f}", f"{row.batch_per_s:.2f}"]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
