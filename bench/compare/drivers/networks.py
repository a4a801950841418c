"""Counts the time of neural networks: what OpenCV and ONNX Runtime load is wrapped, before a tree's code loads it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

LOADERS = (("cv2.dnn", "readNetFromTFLite"), ("cv2.dnn", "readNetFromONNX"), ("onnxruntime", "InferenceSession"))
RUNS = frozenset({"forward", "run", "run_with_iobinding"})


class NetworkTime:
    """CPU and wall seconds of this process while a network runs; what threads do beside it counts too."""

    def __init__(self) -> None:
        self.cpu_s = self.wall_s = 0.0
        self._running, self._lock = 0, threading.Lock()
        self._began = (0.0, 0.0)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """A block in which a network runs."""
        with self._lock:
            if self._running == 0:
                self._began = time.process_time(), time.monotonic()
            self._running += 1
        try:
            yield
        finally:
            with self._lock:
                self._running -= 1
                if self._running == 0:
                    self.cpu_s += time.process_time() - self._began[0]
                    self.wall_s += time.monotonic() - self._began[1]


class _Counted:
    """A network whose runs are counted."""

    def __init__(self, network: Any, spent: NetworkTime) -> None:
        self._network, self._spent = network, spent

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._network, name)
        return self._run(found) if name in RUNS else found

    def _run(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **named: Any) -> Any:
            with self._spent.counted():
                return method(*arguments, **named)

        return run


def count_networks() -> NetworkTime:
    """Wrap all networks that are loaded from now on."""
    spent = NetworkTime()
    for module_name, name in LOADERS:
        module = import_module(module_name)
        setattr(module, name, _counting(getattr(module, name), spent))
    return spent


def _counting(load: Callable[..., Any], spent: NetworkTime) -> Callable[..., _Counted]:
    return lambda *arguments, **named: _Counted(load(*arguments, **named), spent)
