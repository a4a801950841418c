"""What the requests of one application share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import current_app
from redis import Redis

from shared.jobs.jobs import Jobs
from shared.jobs.limits import Limits
from shared.jobs.statistics import Statistics
from shared.jobs.wakeups import WakeUps, celery_app
from shared.jobs.workers import Workers
from shared.redis.connection import connect
from shared.settings import Settings
from shared.storage import storage_from
from shared.storage.base import Storage
from web.changes import Changes
from web.expected import RecentStatistics
from web.intake.decoding import Decoding
from web.keys import Keys

KEY = "relief"


@dataclass(frozen=True)
class Services:
    """The services that requests call: records and messages in Redis, files on storage, and what bounds their use."""

    settings: Settings
    redis: Redis
    jobs: Jobs
    statistics: Statistics
    storage: Storage
    wakeups: WakeUps
    workers: Workers
    keys: Keys
    limits: Limits
    changes: Changes
    decoding: Decoding
    recent_statistics: RecentStatistics

    @classmethod
    def connected(cls, settings: Settings) -> Services:
        """The services as the settings say; nothing is asked of Redis yet."""
        redis = connect(settings.redis_url, settings.web_threads + 1)  # each thread may ask, and one listens
        statistics = Statistics(redis)
        return cls(
            settings=settings,
            redis=redis,
            jobs=Jobs(redis),
            statistics=statistics,
            storage=storage_from(settings),
            wakeups=WakeUps(celery_app(settings.redis_url)),
            workers=Workers(redis),
            keys=Keys(redis),
            limits=Limits.of(settings),
            changes=Changes(redis, settings.listeners, settings.owner_listeners),
            decoding=Decoding(),
            recent_statistics=RecentStatistics(statistics),
        )

    def close(self) -> None:
        """End the listening thread, and give the connections back."""
        self.changes.close()
        self.redis.close()


def services() -> Services:
    """The services of the application that handles this request."""
    return cast(Services, current_app.extensions[KEY])
