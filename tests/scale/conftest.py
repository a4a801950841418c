"""What the tests of several hosts share."""

from tests.faults.conftest import small_photo

__all__ = ["small_photo"]
