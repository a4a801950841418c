"""Deliveries of webhooks that wait in Redis.

The scripts that end a job put a delivery for its webhook into the queue. A worker takes it, and removes it when the
receiver has it or it is given up. Where the worker dies, another one takes it over after a while. A delivery is deleted
with its job. Client groups take turns, and so do the hosts of each: a group has eight deliveries in flight at the most,
and one to each host. A host that was silent is left alone for a while.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict
from redis import Redis

from shared.redis.scripts import Scripts

LUA = Path(__file__).parent / "lua"
IN_FLIGHT_S = 60.0  # then the worker that took it is taken for dead
RETRIES_S = (5, 20, 80, 320, 1280, 5120)  # after each failed attempt; after the last one it is given up
ATTEMPTS = len(RETRIES_S) + 1
SILENT_PAUSE_S = 10  # for a host that was silent once; twice as long each time
LONGEST_SILENT_PAUSE_S = 600
Event = Literal["succeeded", "failed", "canceled"]


class Webhook(BaseModel):
    """What a job's client asked for: the URL to call, at which ends, the secret that signs, and the link to send."""

    model_config = ConfigDict(frozen=True)

    url: str
    link: str
    secret: str
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Delivery:
    """A delivery in flight.

    number: in the queue.
    id: of the message, the same in each attempt.
    attempt: 1 for the first.
    group: of the clients whose job it is from.
    silent: how often in a row its host did not answer them in time.
    job_id, request_id: the job that it tells of, and the request that the job came with, for the log.
    """

    number: str
    id: str
    url: str
    secret: str
    body: str
    attempt: int
    group: str = ""
    silent: int = 0
    job_id: str = "-"
    request_id: str = "-"


class DeliveryQueue:
    """The deliveries that wait, or are in flight."""

    def __init__(self, redis: Redis) -> None:
        self._scripts = Scripts(redis, LUA, libraries=[LUA / "common" / "queue.lua"])

    def take(self) -> Delivery | None:
        """A delivery that is due, for the caller alone until IN_FLIGHT_S are over, as is its host; None if none is."""
        answer = self._scripts.call("take", round(IN_FLIGHT_S * 1000))
        if answer is None:
            return None
        number, silent, *fields = (part.decode() for part in answer)
        row = dict(zip(fields[::2], fields[1::2], strict=True))
        message = {"event": f"job.{row['state']}", "job": row["job"], "state": row["state"]}
        message |= {"link": row["link"], "at_ms": int(row["at_ms"])}
        return Delivery(
            number=number,
            id=f"{row['job']}-{number}",  # numbers alone begin anew in an empty Redis
            url=row["url"],
            secret=row["secret"],
            body=json.dumps(message),
            attempt=int(row["attempt"]),
            group=row["group"],
            silent=int(silent),
            job_id=row["job"],
            request_id=row.get("request_id", "-"),  # the release before wrote none
        )

    def remove(self, delivery: Delivery) -> None:
        """Its receiver has it, or it is given up. Nothing happens if another worker has taken it over."""
        self._put_back(delivery, "", "")

    def retry_later(self, delivery: Delivery, *, silent: bool = False) -> int | None:
        """It failed: put it back, longer each time, or remove it after the last attempt.

        Args:
            silent: the host did not answer in time; all that waits for it waits longer.
        Returns:
            Seconds until the next attempt; None after the last one.
        """
        pause_s = min(SILENT_PAUSE_S * 2**delivery.silent, LONGEST_SILENT_PAUSE_S)
        wait_s = None if delivery.attempt >= ATTEMPTS else RETRIES_S[delivery.attempt - 1]
        self._put_back(delivery, "" if wait_s is None else wait_s * 1000, pause_s * 1000 if silent else "")
        return wait_s if wait_s is None or not silent else max(wait_s, pause_s)

    def _put_back(self, delivery: Delivery, wait_ms: int | str, silent_ms: int | str) -> None:
        self._scripts.call("put_back", delivery.number, delivery.group, delivery.attempt, wait_ms, silent_ms)
