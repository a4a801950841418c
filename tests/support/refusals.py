"""Storage that really refuses."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534


@contextmanager
def refusing(root: Path, *folders: Path) -> Iterator[None]:
    """While the block runs, nothing can be made in these folders or deleted from them, but elsewhere below the root.

    Who is root, whom no mode keeps from anything, is nobody meanwhile.
    """
    is_root = os.geteuid() == 0
    above = dict.fromkeys(root.parents, 0o055) if is_root else {}
    below = dict.fromkeys((root, *root.rglob("*")), 0o077) if is_root else {}
    modes = {path: path.stat().st_mode for path in (above | below | dict.fromkeys(folders))}
    for path, more in (above | below).items():
        path.chmod(modes[path] | more)
    for folder in folders:
        folder.chmod(0o555)
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        for path, mode in modes.items():
            if path.exists():
                path.chmod(mode)
