"""`python -m web.health`: exit 0 where Redis and the storage answer; the start-up probe of deploy/helm."""

from __future__ import annotations

from shared.redis.connection import connect
from shared.settings import Settings
from shared.storage import storage_from


def main() -> None:
    """Ask both once.

    Raises:
        RedisError, OSError: one does not answer, or not to these credentials.
    """
    settings = Settings.from_environment()
    connect(settings.redis_url).ping()
    storage_from(settings).check()


if __name__ == "__main__":
    main()
