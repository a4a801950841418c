"""Storage that really refuses."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from shared.settings import Settings
from tests.support.fronts import client_of

CAPABILITIES = ctypes.c_uint32 * 6  # effective, permitted, inheritable of the lower 32; the same of the upper
VERSION_3 = 0x20080522
PASSES_OVER_MODES = 0b1110  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER


@contextmanager
def refusing(*folders: Path) -> Iterator[None]:
    """Nothing can be made in these folders or deleted from them, by this thread and those that it starts meanwhile."""
    modes = {folder: folder.stat().st_mode for folder in folders}
    for folder in folders:
        folder.chmod(0o555)
    own = _capabilities() if os.geteuid() == 0 else None
    if own:
        _set_capabilities(CAPABILITIES(own[0] & ~PASSES_OVER_MODES, *own[1:]))
    try:
        yield
    finally:
        if own:
            _set_capabilities(own)
        for folder, mode in modes.items():
            if folder.exists():
                folder.chmod(mode)


@contextmanager
def refused_client(client: httpx.Client, settings: Settings, *folders: Path) -> Iterator[httpx.Client]:
    """The same visitor of another front, which storage refuses changes in these folders."""
    with refusing(*folders), client_of(settings) as other:
        other.cookies = client.cookies
        yield other


def _capabilities() -> ctypes.Array[ctypes.c_uint32]:
    """Those of this thread."""
    own = CAPABILITIES()
    _call("capget", own)
    return own


def _set_capabilities(wanted: ctypes.Array[ctypes.c_uint32]) -> None:
    _call("capset", wanted)


def _call(name: str, data: ctypes.Array[ctypes.c_uint32]) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc[name](ctypes.byref((ctypes.c_uint32 * 2)(VERSION_3, 0)), ctypes.byref(data)):
        raise OSError(ctypes.get_errno(), f"{name} failed")
