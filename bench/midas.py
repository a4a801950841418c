"""Every MiDaS network: equal to the official one? how fast by each backend, and in batches?

The trained weights are not needed: the networks run with the seeded ones of the tests, which take the same time.
`python -m bench.midas NAME...` measures some of them only. BENCH_MIDAS names a folder that keeps
checkpoints and exports.
"""

from __future__ import annotations

import gc
import os
import statistics
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from shared.errors import ModelError
from tests.worker.depth.midas.seeding import reference, write_checkpoint
from worker.depth import registry
from worker.depth.midas.backends import Backend
from worker.depth.midas.backends.export import MAX_ERROR, milliseconds
from worker.depth.midas.backends.select import Subject, open_backend
from worker.depth.midas.backends.torch_backend import default_device
from worker.depth.midas.checkpoint import load_network
from worker.depth.midas.folding import folded
from worker.depth.weights.files import sha256_of

ROUNDS = 7
BATCH = 8
GOAL = 0.5
QUICK = ("midas_v21_small_256", "midas_v21_384", "dpt_hybrid_384", "dpt_levit_224", "dpt_swin2_tiny_256")


@dataclass(frozen=True)
class Measured:
    """One row of the table; times in ms of one photo at the native square size, medians of interleaved runs."""

    name: str
    parameters: int
    parity: float
    torch_ms: float
    onnx_ms: float
    onnx_error: float
    alone_per_s: float
    batch_per_s: float


def main() -> None:
    """Print the table: of the models named on the command line of this script, else of QUICK."""
    named = [name for name in sys.argv[1:] if name in registry.names()]
    folder = os.environ.get("BENCH_MIDAS")
    with tempfile.TemporaryDirectory() as scratch:
        print(
            f"Device: {default_device()}, {torch.get_num_threads()} threads. Native square input, float32 on a CPU.\n"
        )
        print("| model | parameters | parity | torch | ONNX Runtime | ratio | its error | photos/s alone | in 8s |")
        print("|---|---|---|---|---|---|---|---|---|")
        rows = []
        for name in named or QUICK:
            rows.append(measured(name, Path(folder or scratch)))
            print(_line(rows[-1]), flush=True)
            gc.collect()
    slow = [row for row in rows if not row.onnx_ms <= GOAL * row.torch_ms]
    print()
    for row in slow:
        print(f"`{row.name}` misses the goal of {GOAL} of torch's time: {row.onnx_ms / row.torch_ms:.2f}.")
    print(f"Load of the machine over the last minutes: {os.getloadavg()}; 0 beside this bench when nothing else runs.")


def measured(name: str, folder: Path) -> Measured:
    """Measure one model, its checkpoint and export in the folder."""
    model = registry.row(name)
    checkpoint = folder / f"{name}.pt"
    folder.mkdir(parents=True, exist_ok=True)
    if not checkpoint.exists():
        write_checkpoint(name, checkpoint)
    spec, entry = registry._attribute(model.builder), model.input
    subject = Subject(
        network=lambda: load_network(spec, checkpoint),
        kind=model.builder.partition(":")[0].rpartition(".")[2],
        weights_sha256=sha256_of(checkpoint),
        side_px=entry.rule.side_px,
        fixed=entry.fixed,
        cache=folder / "onnx",
    )
    served = replace(subject, network=lambda: folded(load_network(spec, checkpoint)))  # as the workers export it
    by_torch = open_backend("torch", subject)
    parameters = sum(parameter.numel() for parameter in by_torch.network.parameters())
    inputs, official = reference(name)
    parity = float(np.abs(by_torch(inputs)[0] - official).max() / np.ptp(official))
    try:
        by_onnx = open_backend("onnxruntime", served)
    except ModelError as error:
        print(f"{name}: {error}", file=sys.stderr)
        by_onnx = None
    return _timed(name, parameters, parity, by_torch, by_onnx, entry.rule.side_px)


def _timed(
    name: str, parameters: int, parity: float, by_torch: Backend, by_onnx: Backend | None, side_px: int
) -> Measured:
    photos = np.random.default_rng(1).normal(size=(BATCH, 3, side_px, side_px)).astype(np.float32)
    other = by_onnx or by_torch
    expected, found = by_torch(photos[:1]), other(photos[:1])
    rounds = [(milliseconds(by_torch, photos[:1]), milliseconds(other, photos[:1])) for _ in range(ROUNDS)]
    torch_ms, onnx_ms = (statistics.median(times) for times in zip(*rounds, strict=True))
    chosen = other if onnx_ms < torch_ms else by_torch
    batch_ms = statistics.median(milliseconds(chosen, photos) for _ in range(3))
    return Measured(
        name=name,
        parameters=parameters,
        parity=parity,
        torch_ms=torch_ms,
        onnx_ms=onnx_ms if by_onnx else float("nan"),
        onnx_error=float(np.abs(found - expected).max() / np.ptp(expected)) if by_onnx else float("nan"),
        alone_per_s=1000 / min(torch_ms, onnx_ms),
        batch_per_s=1000 * BATCH / batch_ms,
    )


def _line(row: Measured) -> str:
    if row.onnx_error > MAX_ERROR:
        raise SystemExit(f"{row.name}: ONNX Runtime is off by {row.onnx_error} of the range")
    cells = [f"`{row.name}`", f"{row.parameters / 1e6:.1f} M", f"{row.parity:.1e}", f"{row.torch_ms:.0f} ms"]
    cells += [f"{row.onnx_ms:.0f} ms", f"{row.onnx_ms / row.torch_ms:.2f}", f"{row.onnx_error:.1e}"]
    cells += [f"{row.alone_per_s:.2f}", f"{row.batch_per_s:.2f}"]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
