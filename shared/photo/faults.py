"""Whatever a decoder raises is the fault of the file that it was given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from shared.errors import ReliefError


@contextmanager
def refused_as(error: type[ReliefError], what: str) -> Iterator[None]:
    """Refuse what the block cannot read: decoders raise whatever comes, IndexError and struct.error among it.

    Args:
        error: what is raised; the block's own errors of this kind pass.
        what: the file, as "the photo".
    """
    try:
        yield
    except error:
        raise
    except MemoryError as fault:
        raise error(f"{what} takes more memory to read than there is; make it smaller and try again") from fault
    except Exception as fault:
        raise error(f"{what} is damaged or cut short ({fault}); save or send it again") from fault
