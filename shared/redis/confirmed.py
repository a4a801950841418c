"""What a failover cannot forget: Redis's answers, once enough replicas have what they say.

A replica has all that was written before what it confirmed, since replication keeps the order. All that the primary has
must confirm, or, once some are missed for a while, `replicas` at least: any of them may be the next. These are
confirmed, and nothing else needs to be:

- What a user is told: that a job was created, queued again, canceled, deleted, kept, shared or no longer shared.
- What files are deleted for: that a run's result counts in place of an earlier one, that a job is canceled, deleted or
  has expired, that it has no record.

A run's own folder may go without, since nothing names it before the run has ended. What a failover forgets of the rest
is found again: a claim or its progress ends with its lease, and the job runs once more.

An answer that was not confirmed may be true or not. Whoever asked says that Redis does not answer, and asks again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from redis import Redis
from redis.client import Pipeline
from redis.exceptions import RedisError

from shared.redis.connection import Client

CONFIRMED_WITHIN_MS = 1000
CONFIRMATIONS = "relief:confirmations"  # how many answers were to be confirmed


class NotConfirmedError(RedisError):
    """Too few replicas have what Redis has just written or said."""


def confirmed(redis: Redis, ask: Callable[[Pipeline], object]) -> list[Any]:
    """The answers to what `ask` puts into a pipeline, once the replicas that the client wants have it.

    Raises:
        NotConfirmedError: they have not in time, or this server is no longer the primary.
    """
    client = redis if isinstance(redis, Client) and redis.replicas else None
    wanted = client.wanted_replicas() if client else 0
    with redis.pipeline(transaction=False) as pipe:
        ask(pipe)
        if client:
            # WAIT waits for what its own connection wrote, so this is written: what was only read, or written before by
            # a connection that broke, is replicated before it.
            pipe.incr(CONFIRMATIONS)
            pipe.role()
            pipe.wait(wanted, CONFIRMED_WITHIN_MS)
        answers = pipe.execute(raise_on_error=False)
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    if client:
        client.saw_replicas(len(answers[-2][2]))
        _check(answers[-1], wanted)
    return answers


def _check(confirmations: int, wanted: int) -> None:
    if confirmations < wanted:
        raise NotConfirmedError(f"{confirmations} of {wanted} replicas have it after {CONFIRMED_WITHIN_MS} ms")
