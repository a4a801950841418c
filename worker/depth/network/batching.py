"""Photos through a backend in batches: of sizes that it has seen, halved when memory runs out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence

import numpy as np

log = logging.getLogger(__name__)

MAX_BATCH = 8


class Batcher:
    """Runs any number of inputs of one size; remembers how many at once the memory allows.

    run: (B, 3, H, W) float32 to (B, H, W) float32; raises MemoryError where B is too many.
    sizes: batch sizes to keep to, smaller batches being filled up; none: any size up to MAX_BATCH is good.
    """

    def __init__(self, run: Callable[[np.ndarray], np.ndarray], sizes: Sequence[int] = ()) -> None:
        self._run = run
        self._sizes = sorted(sizes)
        self.limit = max(sizes, default=MAX_BATCH)

    def __call__(self, inputs: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
        """The outputs (H, W) of the inputs (3, H, W), in order.

        Raises:
            MemoryError: not even one input fits.
        """
        done = 0
        while done < len(inputs):
            wanted = inputs[done : done + self.limit]
            batch = self._filled(wanted)
            try:
                outputs = self._run(batch)
            except MemoryError:
                if len(batch) == 1:
                    raise
                self.limit = len(batch) // 2
                log.warning("out of memory with %d photos at once; going on with %d", len(batch), self.limit)
                continue
            yield from outputs[: len(wanted)]
            done += len(wanted)

    def _filled(self, batch: Sequence[np.ndarray]) -> np.ndarray:
        """(B, 3, H, W), the last photo repeated up to the next batch size."""
        size = next((size for size in self._sizes if size >= len(batch)), len(batch))
        return np.stack([*batch, *[batch[-1]] * (size - len(batch))])
