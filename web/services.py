"""What the requests of one application share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import current_app
from redis import Redis

from shared.jobs.record import Limits
from shared.jobs.store import JobStore
from shared.jobs.wakeups import Hints, celery_app, connect
from shared.jobs.workers import Workers
from shared.settings import Settings
from shared.storage import storage_from
from shared.storage.base import Storage
from web.changes import Changes
from web.expected import Paces
from web.intake.decoding import Decoding
from web.keys import Keys

KEY = "relief"


@dataclass(frozen=True)
class Services:
    """The services that requests call: records and messages in Redis, files on storage, and what bounds their use."""

    settings: Settings
    redis: Redis
    store: JobStore
    storage: Storage
    hints: Hints
    workers: Workers
    keys: Keys
    limits: Limits
    changes: Changes
    decoding: Decoding
    paces: Paces

    @classmethod
    def connected(cls, settings: Settings) -> Services:
        """The services as the settings say; nothing is asked of Redis yet."""
        redis = connect(settings.redis_url, settings.web_threads + 1)  # each thread may ask, and one listens
        store = JobStore(redis)
        return cls(
            settings=settings,
            redis=redis,
            store=store,
            storage=storage_from(settings),
            hints=Hints(celery_app(settings.redis_url)),
            workers=Workers(redis),
            keys=Keys(redis),
            limits=_limits(settings),
            changes=Changes(redis, settings.listeners, settings.owner_listeners),
            decoding=Decoding(),
            paces=Paces(store),
        )

    def close(self) -> None:
        """End the listening thread, and give the connections back."""
        self.changes.close()
        self.redis.close()


def services() -> Services:
    """The services of the application that handles this request."""
    return cast(Services, current_app.extensions[KEY])


def _limits(settings: Settings) -> Limits:
    return Limits(
        all_waiting=settings.all_waiting,
        owner_waiting=settings.owner_waiting,
        owner_megapixels=settings.owner_megapixels,
        # Whoever comes as many visitors leaves half of the queue to others.
        address_waiting=max(settings.owner_waiting, settings.all_waiting // 2),
        keep_s=settings.retention_h * 3600,
    )
