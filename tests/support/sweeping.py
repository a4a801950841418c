"""What the sweeper would do in some seconds."""

from shared.jobs.keys import Key
from tests.support.jobs import Store


def resume_now(store: Store) -> None:
    """The time that jobs wait for storage is over."""
    for job_id in store.redis.zrange(Key.PUT_OFF, 0, -1):
        store.redis.zadd(Key.PUT_OFF, {job_id: 0})
    store.upkeep.sweep(attempts=3)


def retry_now(store: Store) -> None:
    """The time until the next attempt to delete what is left is over."""
    for what in store.redis.zrange(Key.REMOVALS, 0, -1):
        store.redis.zadd(Key.REMOVALS, {what: 0})
