"""What the sweeper would do in some seconds."""

from shared.jobs.keys import Key
from tests.support.jobs import Store


def retry_now(store: Store) -> None:
    """The time until the next attempt to delete what is left is over."""
    for what in store.redis.zrange(Key.REMOVALS, 0, -1):
        store.redis.zadd(Key.REMOVALS, {what: 0})
