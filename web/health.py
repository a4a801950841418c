"""`python -m web.health`: exit 0 where Redis answers; the start-up probe of deploy/helm."""

from __future__ import annotations

from shared.redis.connection import connect
from shared.settings import CommonSettings


def main() -> None:
    """Ask Redis once.

    Raises:
        RedisError: it does not answer, or not to this password.
    """
    connect(CommonSettings.from_environment().redis_url).ping()


if __name__ == "__main__":
    main()
