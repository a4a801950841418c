"""Which backend runs a network."""

from __future__ import annotations

import logging
from collections.abc import Callable

import torch

from shared.errors import ModelError
from worker.depth.midas.backends import Backend, BackendName, Subject
from worker.depth.midas.backends.export import exported
from worker.depth.midas.backends.onnx_backend import OnnxBackend
from worker.depth.midas.backends.torch_backend import TorchBackend, default_device

log = logging.getLogger(__name__)


def open_backend(wanted: str, subject: Subject) -> Backend:
    """The backend of that name, loaded; `auto` takes torch on a GPU, and on a CPU what was measured to be faster.

    Raises:
        ModelError: no backend has that name, or the network cannot be exported for it.
    """
    if wanted not in BACKENDS:
        raise ModelError(f"no backend is called {wanted!r}; there are {', '.join(BACKENDS)}")
    return BACKENDS[wanted](subject)


def _open_torch(subject: Subject) -> Backend:
    device = default_device()
    if device.type == "cuda":
        return TorchBackend(subject.network(), device, subject.gpu_precision)
    return TorchBackend(subject.network(), device)


def _open_onnx(subject: Subject) -> Backend:
    return OnnxBackend(exported(subject).path, torch.get_num_threads())


def _open_fastest(subject: Subject) -> Backend:
    if default_device().type == "cuda":
        return _open_torch(subject)
    try:
        export = exported(subject)
    except ModelError as error:
        log.debug("torch runs the network: %s", error)  # the export warned when it failed
        return _open_torch(subject)
    return OnnxBackend(export.path, torch.get_num_threads()) if export.faster else _open_torch(subject)


BACKENDS: dict[BackendName, Callable[[Subject], Backend]] = {
    "auto": _open_fastest,
    "torch": _open_torch,
    "onnxruntime": _open_onnx,
}
