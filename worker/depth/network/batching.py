"""Photos through a backend in batches: of sizes that it has seen, halved when memory runs out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from worker.depth.network.reading import Arrays

log = logging.getLogger(__name__)

MAX_BATCH = 8


class Batcher:
    """Runs the inputs of any number of photos of one size; remembers how many at once the memory allows.

    run: inputs to outputs, the batch (B, ...) first in each array; raises MemoryError where B is too many.
    sizes: batch sizes to keep to, smaller batches being filled up; none: any size up to MAX_BATCH is good.
    """

    def __init__(self, run: Callable[[Arrays], Arrays], sizes: Sequence[int] = ()) -> None:
        self._run = run
        self._sizes = sorted(sizes)
        self.limit = max(sizes, default=MAX_BATCH)

    def __call__(self, inputs: Sequence[Arrays]) -> Iterator[Arrays]:
        """The outputs of each photo's inputs, without the batch, in order.

        Raises:
            MemoryError: not even one input fits.
        """
        done = 0
        while done < len(inputs):
            wanted = inputs[done : done + self.limit]
            filled = self._filled(wanted)
            try:
                outputs = self._run(tuple(np.stack(arrays) for arrays in zip(*filled, strict=True)))
            except MemoryError:
                if len(filled) == 1:
                    raise
                self.limit = len(filled) // 2
                log.warning("out of memory with %d photos at once; going on with %d", len(filled), self.limit)
                continue
            yield from list(zip(*outputs, strict=True))[: len(wanted)]
            done += len(wanted)

    def _filled(self, wanted: Sequence[Arrays]) -> list[Arrays]:
        """The last photo repeated up to the next batch size."""
        size = next((size for size in self._sizes if size >= len(wanted)), len(wanted))
        return [*wanted, *[wanted[-1]] * (size - len(wanted))]
