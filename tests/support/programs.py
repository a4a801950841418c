"""Programs that some tests need, and that pip has not."""

import os
import shutil

import pytest

from tests.support.browser_setup import in_ci


def path_of(program: str, package: str) -> str:
    """Path of a program of Debian's package. Without it what asks for it is left out, and fails in CI."""
    path = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")
    if path:
        return path
    missing = (
        f"NO {program.upper()}, so its tests are left out. To run them: "
        f"sudo apt-get install {package} (on a Mac: brew install {program}), then make test"
    )
    if in_ci():
        pytest.fail(missing, pytrace=False)
    pytest.skip(missing, allow_module_level=True)
