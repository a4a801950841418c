"""A network exported to ONNX by torch, and checked against it; see `worker.depth.network.exports`."""

from __future__ import annotations

import json
import logging
import statistics
import tempfile
import warnings
from functools import partial
from pathlib import Path
from timeit import timeit

import numpy as np
import torch
from torch.export import Dim

from shared.errors import ModelError
from worker.depth.network.backends import OnnxBackend
from worker.depth.network.exports import MEASURED, Subject, failure_of
from worker.depth.network.reading import Arrays, Reading
from worker.depth.network.torch_backend import TorchBackend

log = logging.getLogger(__name__)

MAX_ERROR = 1e-3  # of the output's range
ROUNDS = 3
PICTURES = 4  # dimensions of a batch of them
SIDES = {2: "rows", 3: "columns"}
MAX_MULTIPLES = 512
SAMPLE_TOKENS = 400  # where their number is open; fewer than any photo has, for the sake of time


def export_into(entry: Path, subject: Subject) -> None:
    """Make the entry of the cache, or else the file of the failure's reason; either appears whole or not at all.

    Raises:
        ModelError: the network cannot be exported.
    """
    failure = failure_of(entry)
    subject.cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".export-", dir=subject.cache) as scratch:
        finished, reason_file = Path(scratch, "export"), Path(scratch, failure.name)
        finished.mkdir()
        try:
            _export(subject, finished)
        except (ModelError, torch.onnx.OnnxExporterError) as error:
            reason = f"the network cannot be exported to ONNX: {error}"
            log.warning("%s; this is remembered in %s", reason, failure)
            reason_file.write_text(reason)
            reason_file.replace(failure)
            raise ModelError(reason) from error
        try:
            finished.rename(entry)
        except OSError:  # another process may have been first, which is as good
            if not (entry / MEASURED).is_file():
                raise


def _export(subject: Subject, folder: Path) -> None:
    """Write network.onnx, and what was measured of it."""
    network, path = subject.network(), folder / "network.onnx"
    sample = _sample(subject.reading)
    shapes = _dynamic_shapes(sample, subject.reading.multiple_px)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter about itself
        tensors = tuple(map(torch.from_numpy, sample))
        program = torch.onnx.export(network, tensors, dynamo=True, dynamic_shapes=shapes, verbose=False)
    if program is None:
        raise ModelError("torch exported nothing")
    program.save(str(path), external_data=True)
    by_torch = TorchBackend(network, torch.device("cpu"))
    measured = _measure(by_torch, OnnxBackend(path, torch.get_num_threads()), sample)
    log.info("exported to ONNX: %s", measured)
    (folder / MEASURED).write_text(json.dumps(measured))


def _sample(reading: Reading) -> Arrays:
    """Inputs of two photos, not square where the network takes such."""
    width, height = reading.with_tokens(SAMPLE_TOKENS).input_size_wh((1, 1))
    # Noise, as varied as a photo: over a smooth picture the normalisations would magnify rounding errors.
    noise = torch.randn(2, 3, height, width + (reading.multiple_px or 0), generator=torch.Generator().manual_seed(0))
    return reading.batch(noise.numpy())


def _dynamic_shapes(inputs: Arrays, multiple_px: int | None) -> tuple[dict[int, object], ...]:
    """Of each input which sizes are open: the batch, and the sides of pictures."""
    batch: dict[int, object] = {0: Dim.DYNAMIC}
    sides: dict[int, object] = {}
    if multiple_px is not None:
        sides = {side: multiple_px * Dim(name, min=1, max=MAX_MULTIPLES) for side, name in SIDES.items()}
    return tuple(batch | (sides if values.ndim == PICTURES else {}) for values in inputs)


def _measure(by_torch: TorchBackend, by_onnx: OnnxBackend, sample: Arrays) -> dict[str, float]:
    """Largest difference as a share of an output's range, and median times of one photo by each, run in turn.

    Raises:
        ModelError: the difference is too large.
    """
    error = max(map(_error, by_onnx(sample), by_torch(sample)))
    if not error <= MAX_ERROR:
        raise ModelError(f"the exported network is off by {error:.2g} of the output's range; {MAX_ERROR} is allowed")
    one = tuple(values[:1] for values in sample)
    passes = [partial(run, one) for run in (by_torch, by_onnx)]
    rounds = [[1000 * timeit(one_pass, number=1) for one_pass in passes] for _ in range(ROUNDS)]
    torch_ms, onnx_ms = (statistics.median(times) for times in zip(*rounds, strict=True))
    return {"error": error, "torch_ms": torch_ms, "onnx_ms": onnx_ms}


def _error(found: np.ndarray, expected: np.ndarray) -> float:
    """Largest difference as a share of the range, or, of one number a photo, of the largest."""
    span = np.ptp(expected) if expected.ndim > 1 else np.abs(expected).max()
    return float(np.abs(found - expected).max() / max(span, np.finfo(np.float32).tiny))
