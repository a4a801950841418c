"""Deliveries of webhooks that wait in Redis.

The scripts that end a job put a delivery for its webhook into the queue. A worker takes it, and removes it when the
receiver has it or it is given up. Where the worker dies, another one takes it over after a while. Hosts take turns:
while a delivery to one is in flight, its others wait, and those for other hosts go first.
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
    """

    number: str
    id: str
    url: str
    secret: str
    body: str
    attempt: int


class DeliveryQueue:
    """The deliveries that wait, or are in flight, one at a time to each host."""

    def __init__(self, redis: Redis) -> None:
        self._scripts = Scripts(redis, LUA, libraries=[LUA / "common" / "queue.lua"])

    def take(self) -> Delivery | None:
        """A delivery that is due, for the caller alone until IN_FLIGHT_S are over, as is its host; None if none is."""
        answer = self._scripts.call("take", round(IN_FLIGHT_S * 1000))
        if answer is None:
            return None
        number, *fields = (part.decode() for part in answer)
        row = dict(zip(fields[::2], fields[1::2], strict=True))
        message = {"event": f"job.{row['state']}", "job": row["job"], "state": row["state"]}
        message |= {"link": row["link"], "at_ms": int(row["at_ms"])}
        message_id = f"{row['job']}-{number}"  # numbers alone begin anew in an empty Redis
        return Delivery(number, message_id, row["url"], row["secret"], json.dumps(message), int(row["attempt"]))

    def remove(self, delivery: Delivery) -> None:
        """Its receiver has it, or it is given up. Nothing happens if another worker has taken it over."""
        self._scripts.call("put_back", delivery.number, delivery.attempt, "")

    def retry_later(self, delivery: Delivery) -> int | None:
        """It failed: put it back, longer each time, or remove it after the last attempt.

        Returns:
            Seconds until the next attempt; None after the last one.
        """
        if delivery.attempt >= ATTEMPTS:
            self.remove(delivery)
            return None
        wait_s = RETRIES_S[delivery.attempt - 1]
        self._scripts.call("put_back", delivery.number, delivery.attempt, wait_s * 1000)
        return wait_s
