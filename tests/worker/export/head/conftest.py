import pytest

from tests.support.heads import closed_head
from worker.export.head.source import HeadSource

FACTS = {"generator": "Relief 0", "depth model": "größe"}


@pytest.fixture(scope="module")
def source() -> HeadSource:
    """A head of closed parts that smiles."""
    return HeadSource(closed_head(), FACTS)
