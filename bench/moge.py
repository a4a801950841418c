"""MoGe-2 on a CPU: how long one photo takes, and how much memory, by tokens and by what runs the network.

`python -m bench.moge [NAME...]`; without a name the small network. It runs with the seeded weights of the tests, which
take the same time. Each figure is of a process of its own, and backends take turns. BENCH_MOGE names a folder that
keeps checkpoints and exports.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.support.seeding import write_checkpoint
from worker.depth.estimator import Photo
from worker.depth.moge.rows import ROWS
from worker.depth.network.loading import load, prepare
from worker.depth.network.row import NetworkModel
from worker.depth.weights import Weights, WeightsFile

TOKENS = (1200, 1800, 2500, 3600)
BACKENDS = ("torch", "onnxruntime")
TURNS = 3
PHOTO_WH = (1024, 768)
WARM_UP_TOKENS = 100
COLUMNS = ("network", "tokens", "torch, CPU / wall s", "ONNX Runtime", "ratio", "peak MB, torch", "ONNX Runtime")


def main(names: list[str]) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(os.environ.get("BENCH_MOGE", scratch))
        print(f"One photo of {PHOTO_WH[0]} x {PHOTO_WH[1]}, resizing included; medians of {TURNS}.\n")
        print(f"| {' | '.join(COLUMNS)} |")
        print("|---" * len(COLUMNS) + "|")
        for name in names or ["moge_2_vits_normal"]:
            prepare(_model(name, folder), folder)
            for tokens in TOKENS:
                print(_line(name, tokens, folder), flush=True)
    print(f"\nLoad of the machine over the last minutes: {os.getloadavg()}.")


def _model(name: str, folder: Path) -> NetworkModel:
    """The row with seeded weights, which are written into the folder if they are not there."""
    row = next(row for row in ROWS if row.name == name)
    file = WeightsFile(f"{name}.pt")
    if not (folder / file.name).exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_checkpoint(name, folder / file.name)
    return replace(row, weights=Weights((file,), ()))


def _line(name: str, tokens: int, folder: Path) -> str:
    command = [sys.executable, "-m", "bench.moge", "one", name, str(tokens), str(folder)]
    runs: dict[str, list[dict[str, float]]] = {backend: [] for backend in BACKENDS}
    for _ in range(TURNS):
        for backend, found in runs.items():
            found.append(json.loads(subprocess.run([*command, backend], check=True, stdout=subprocess.PIPE).stdout))
    by_torch, by_onnx = (
        {key: statistics.median(run[key] for run in found) for key in found[0]} for found in runs.values()
    )
    times = [f"{by['cpu_s']:.1f} / {by['wall_s']:.1f}" for by in (by_torch, by_onnx)]
    ratio = f"{by_onnx['cpu_s'] / by_torch['cpu_s']:.2f} / {by_onnx['wall_s'] / by_torch['wall_s']:.2f}"
    peaks = [f"{by['peak_mb']:.0f}" for by in (by_torch, by_onnx)]
    return f"| {' | '.join([f'`{name}`', str(tokens), *times, ratio, *peaks])} |"


def one(name: str, tokens: int, folder: Path, backend: str) -> dict[str, float]:
    """Time and peak memory of this process over one photo, the network loaded and warm."""
    network = load(_model(name, folder), folder, backend, WARM_UP_TOKENS)
    rng = np.random.default_rng(1)
    photo = Photo(rng.integers(0, 256, (*PHOTO_WH[::-1], 3)).astype(np.uint8))
    network.predict([photo])
    network.reading = network.reading.with_tokens(tokens)
    cpu_s, wall_s = time.process_time(), time.perf_counter()
    network.predict([photo])
    return {
        "cpu_s": time.process_time() - cpu_s,
        "wall_s": time.perf_counter() - wall_s,
        "peak_mb": _peak_mb(),
    }


def _peak_mb() -> float:
    """Of this process alone; what getrusage says begins with its parent's."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines["VmHWM"].split()[0]) / 1024


if __name__ == "__main__":
    if sys.argv[1:2] == ["one"]:
        _, _, wanted, count, where, runner = sys.argv
        print(json.dumps(one(wanted, int(count), Path(where), runner)))
    else:
        main(sys.argv[1:])
