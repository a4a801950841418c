"""Networks exported to ONNX: once per model, cached beside the weights, and checked against torch."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import statistics
import tempfile
import time
import warnings
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from torch.export import Dim

from shared.errors import ModelError
from worker.depth.midas.backends import Backend, Subject
from worker.depth.midas.backends.onnx_backend import OnnxBackend
from worker.depth.midas.backends.torch_backend import TorchBackend

log = logging.getLogger(__name__)

MAX_ERROR = 1e-3  # of the output's range
MULTIPLE_PX = 32
ROUNDS = 3


@dataclass(frozen=True)
class Export:
    """An exported network, and what was measured when it was made.

    path: of the .onnx file.
    error: largest difference from torch, as a fraction of the output's range.
    torch_ms, onnx_ms: median time of one photo by each, run in turn on the machine of the export.
    """

    path: Path
    error: float
    torch_ms: float
    onnx_ms: float

    @property
    def faster(self) -> bool:
        """True if ONNX Runtime took less time than torch."""
        return self.onnx_ms < self.torch_ms


def exported(subject: Subject) -> Export:
    """The network as ONNX, from the cache folder or exported into it now.

    The export takes any multiples of MULTIPLE_PX, where the network does. Its entry in the cache is named by the
    checkpoint, our code, and the versions of torch and the exporters.

    Raises:
        ModelError: the network cannot be exported, or the export's output differs from torch's by more than MAX_ERROR
            of its range. The cache remembers that under the same key, and says it again without another try.
    """
    entry = subject.cache / _key(subject.weights_sha256, subject.side_px, subject.fixed)
    failure = entry.with_suffix(".failed")
    if failure.is_file():
        raise ModelError(failure.read_text())
    if not (entry / "export.json").is_file():
        subject.cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".export-", dir=subject.cache) as scratch:
            try:
                _export(subject, Path(scratch))
            except (ModelError, torch.onnx.OnnxExporterError) as error:
                reason = f"the network cannot be exported to ONNX: {error}"
                log.warning("%s; this is remembered in %s", reason, failure)
                _remember(reason, failure, Path(scratch))
                raise ModelError(reason) from error
            _settle(Path(scratch), entry)
    measured = json.loads((entry / "export.json").read_text())
    return Export(path=entry / "network.onnx", **measured)


def _key(weights_sha256: str, side_px: int, fixed: bool) -> str:
    versions = [version(package) for package in ("torch", "timm", "onnx", "onnxscript", "onnxruntime")]
    text = json.dumps([weights_sha256, side_px, fixed, _source_sha256(), *versions])
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _source_sha256() -> str:
    """Of the code of our networks: a change of it is another network."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _remember(reason: str, failure: Path, scratch: Path) -> None:
    """Write a failure's reason whole or not at all."""
    part = scratch / failure.name
    part.write_text(reason)
    part.replace(failure)


def _settle(scratch: Path, entry: Path) -> None:
    """Move a whole export into place; another process may have been first, which is as good."""
    finished = scratch.with_name(f"{scratch.name}-done")
    shutil.copytree(scratch, finished, copy_function=shutil.move)
    finished.chmod(0o755)  # temporary folders are closed to others
    try:
        finished.rename(entry)
    except OSError:
        shutil.rmtree(finished)
        if not (entry / "export.json").is_file():
            raise


def _export(subject: Subject, folder: Path) -> None:
    """Write network.onnx, and what was measured of it."""
    network, path = subject.network(), folder / "network.onnx"
    height, width = subject.side_px, subject.side_px + (0 if subject.fixed else MULTIPLE_PX)
    # Noise, as varied as a photo: over a smooth picture the normalisations would magnify rounding errors.
    sample = torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(0))
    shapes: dict[int, object] = {0: Dim.DYNAMIC}
    if not subject.fixed:
        shapes |= {2: MULTIPLE_PX * Dim("rows", min=1, max=64), 3: MULTIPLE_PX * Dim("columns", min=1, max=64)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter about itself
        program = torch.onnx.export(network, (sample,), dynamo=True, dynamic_shapes=(shapes,), verbose=False)
    if program is None:
        raise ModelError("torch exported nothing")
    program.save(str(path), external_data=True)
    measured = _measure(
        TorchBackend(network, torch.device("cpu")), OnnxBackend(path, torch.get_num_threads()), sample.numpy()
    )
    log.info("exported to ONNX: %s", measured)
    (folder / "export.json").write_text(json.dumps(measured))


def _measure(by_torch: TorchBackend, by_onnx: OnnxBackend, sample: np.ndarray) -> dict[str, float]:
    """Error and times; raises ModelError where the error is too large."""
    expected, found = by_torch(sample), by_onnx(sample)
    error = float(np.abs(found - expected).max() / max(np.ptp(expected), np.finfo(np.float32).tiny))
    if not error <= MAX_ERROR:
        raise ModelError(f"the exported network is off by {error:.2g} of the output's range; {MAX_ERROR} is allowed")
    rounds = [(milliseconds(by_torch, sample[:1]), milliseconds(by_onnx, sample[:1])) for _ in range(ROUNDS)]
    torch_ms, onnx_ms = (statistics.median(times) for times in zip(*rounds, strict=True))
    return {"error": error, "torch_ms": torch_ms, "onnx_ms": onnx_ms}


def milliseconds(run: Backend, photos: np.ndarray) -> float:
    """How long one pass takes."""
    start = time.perf_counter()
    run(photos)
    return 1000 * (time.perf_counter() - start)
