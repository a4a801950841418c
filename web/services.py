"""What the requests of one application share."""

from __future__ import annotations

from typing import cast

from flask import current_app

from shared.jobs.limits import Limits
from shared.jobs.space import Space
from shared.jobs.statistics import Statistics
from shared.jobs.wakeups import WakeUps, celery_app
from shared.jobs.workers import Workers
from shared.redis.clock import RedisClock
from shared.redis.connection import connect
from shared.removals import Removals
from shared.settings import Settings
from shared.storage import storage_from
from web.changes import Changes
from web.checksums import Checksums
from web.expected import Expected
from web.intake.decoding import Decoding
from web.keys import Keys
from web.remembered import RememberedJobs
from web.rising import Rising
from web.traffic import Traffic

KEY = "relief"


class Services:
    """Records and messages in Redis, files on storage, and what limits their use; nothing is asked of Redis yet."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.redis = connect(settings.redis_url, settings.web_threads + 1)  # each thread may ask, and one listens
        self.clock = RedisClock(self.redis)
        self.jobs = RememberedJobs(self.redis)
        self.space = Space(self.redis)
        self.statistics = Statistics(self.redis)
        self.expected = Expected(self.statistics, self.clock, settings.depth_batch)
        self.workers = Workers(self.redis)
        self.wakeups = WakeUps(celery_app(settings.redis_url))
        self.storage = storage_from(settings)
        self.checksums = Checksums(self.storage)
        self.removals = Removals(self.redis, self.storage)
        self.keys = Keys(self.redis)
        self.limits = Limits.of(settings)
        self.changes = Changes(self.redis, settings.listeners, settings.owner_listeners)
        self.decoding = Decoding(settings.log_format)
        self.traffic = Traffic()
        self.rising = Rising()

    def close(self) -> None:
        """End the listening thread and the decoder, and give the connections back."""
        self.changes.close()
        self.decoding.close()
        self.redis.close()


def services() -> Services:
    """The services of the application that handles this request."""
    return cast(Services, current_app.extensions[KEY])
