"""A Celery app that runs in a tree: its workers, with each answer of the library computed once and remembered.

What such workers take is the queue's own: Celery, claims, leases, wake-ups, JSON, Redis and storage. All jobs have to
be of the same photo.
"""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any

COMPUTING = (
    "shared.photo:read_photo",  # of 0.1.0, as what comes last
    "shared.photo.decode:read_photo",
    "worker.stages.photos:pixels_from_stored",
    "worker.depth.format:depth_map_from_bytes",
    "worker.pipeline:rough_files",
    "worker.pipeline:depth_files",
    "worker.pipeline:build_cloud",
    "worker.pipeline:cloud_files",
    "worker.pipeline:report_files",
    "worker.report:report_of",
    "worker.pipeline:load_depth",
)


def remembered(function: Callable[..., Any], key: Callable[..., Any] = lambda *_, **__: None) -> Callable[..., Any]:
    """A function that computes once for each key."""
    known: dict[Any, Any] = {}
    lock = threading.Lock()

    def recall(*arguments: Any, **named: Any) -> Any:
        with lock:
            if (asked := key(*arguments, **named)) not in known:
                known[asked] = function(*arguments, **named)
            return known[asked]

    return recall


class _Remembering:
    """An estimator that looks at one photo."""

    def __init__(self, estimator: Any) -> None:
        self._estimate = remembered(lambda photos: estimator.estimate(photos[:1]))

    def estimate(self, photos: Any, *_: Any) -> list[Any]:
        return self._estimate(photos) * len(photos)


def _size(data: bytes, *_: Any, **__: Any) -> int:
    return len(data)


def _remember() -> None:
    for place in COMPUTING:
        module_name, name = place.split(":")
        try:
            module = import_module(module_name)
        except ImportError:
            continue  # another tree has it elsewhere
        if found := getattr(module, name, None):
            setattr(module, name, remembered(found))
    gzip.compress = remembered(gzip.compress, _size)
    gzip.decompress = remembered(gzip.decompress, _size)
    registry = import_module("worker.depth.registry")
    load = registry.load
    registry.load = lambda *arguments, **named: _Remembering(load(*arguments, **named))


_remember()
app = import_module("worker.app").app
