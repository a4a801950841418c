"""Exports of networks to ONNX, where they lie beside the weights. Importing this imports no torch; making one does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from shared.errors import ModelError

if TYPE_CHECKING:
    from torch import nn

    from worker.depth.network.reading import Reading
    from worker.depth.network.row import Precision

EXPORTS = "onnx"  # folder of the exports, beside the weights
MEASURED = "export.json"  # of an export: it is whole once this is there
EXPORTERS = ("torch", "timm", "onnx", "onnxscript", "onnxruntime")


@dataclass(frozen=True)
class Subject:
    """The network to run.

    network: builds it with its weights, on the CPU, in eval mode; not called where an export lies in the cache.
    gpu_precision: how it runs on a GPU.
    weights_sha256: of its checkpoint.
    reading: its inputs and outputs.
    family: folder of its own code.
    cache: folder of the exports.
    """

    network: Callable[[], nn.Module]
    gpu_precision: Precision
    weights_sha256: str
    reading: Reading
    family: Path
    cache: Path


@dataclass(frozen=True)
class Export:
    """The .onnx file of a network, and whether it was faster than torch on the machine that exported it."""

    path: Path
    faster: bool


def torch_is_here() -> bool:
    """Whether torch is installed, with what exports by it: images for CPUs go without."""
    return find_spec("torch") is not None


def exported(subject: Subject) -> Export:
    """The network as ONNX, from the cache folder, or exported into it now where torch is here.

    The export takes sides of any multiples, where the network does. Its entry in the cache is named by checkpoint and
    reading, and by what made it: our code, and the versions of torch and the exporters.

    Raises:
        ModelError: the network cannot be exported, or the export's output differs from torch's by more than MAX_ERROR
            of its range. The cache remembers that under the same name, and says it again without another try. Or
            there is no export, and no torch.
    """
    if not torch_is_here():
        return _latest(subject)
    entry = entry_of(subject)
    failure = failure_of(entry)
    if failure.is_file():
        raise ModelError(failure.read_text())
    if not (entry / MEASURED).is_file():
        from worker.depth.network.export import export_into

        export_into(entry, subject)
    return _read(entry)


def exists(cache: Path, weights_sha256: str, reading: Reading) -> bool:
    """Whether the cache folder has an export of a checkpoint, made by whatever."""
    return bool(_entries(cache, weights_sha256, reading))


def failure_of(entry: Path) -> Path:
    """The file that says why there is no such entry in the cache."""
    return entry.with_suffix(".failed")


def key_of(weights_sha256: str, reading: Reading) -> str:
    """With what the name of every export of a checkpoint begins."""
    return _digest([weights_sha256, reading.export_key])


def entry_of(subject: Subject) -> Path:
    """The folder in the cache for an export of the network by what is installed here."""
    folders = (Path(__file__).parent, subject.family)
    code = b"".join(path.read_bytes() for folder in folders for path in sorted(folder.glob("*.py")))
    made_by = [hashlib.sha256(code).hexdigest(), *map(version, EXPORTERS)]
    return subject.cache / f"{key_of(subject.weights_sha256, subject.reading)}-{_digest(made_by)}"


def _latest(subject: Subject) -> Export:
    """The latest export of the checkpoint: without torch none can be made anew for another release's code."""
    entries = _entries(subject.cache, subject.weights_sha256, subject.reading)
    if not entries:
        raise ModelError(
            f"{subject.cache} has no export of the network, and torch, which could run it or make one, is not installed"
        )
    return _read(max(entries, key=lambda entry: (entry / MEASURED).stat().st_mtime))


def _entries(cache: Path, weights_sha256: str, reading: Reading) -> list[Path]:
    return [path.parent for path in cache.glob(f"{key_of(weights_sha256, reading)}-*/{MEASURED}")]


def _read(entry: Path) -> Export:
    measured = json.loads((entry / MEASURED).read_text())
    return Export(entry / "network.onnx", faster=measured["onnx_ms"] < measured["torch_ms"])


def _digest(parts: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]
