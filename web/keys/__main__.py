"""`python -m web.keys create|list|revoke NAME`: the API keys of this Relief."""

from __future__ import annotations

import argparse
import sys

from redis import Redis
from redis.exceptions import RedisError

from shared.errors import ReliefError, SettingsError
from shared.redis.connection import connect
from shared.running import running_redis_url
from web.keys import Keys

DESCRIPTION = "API keys of the Relief at REDIS_URL, or else of the one that runs on the folder RELIEF_DATA (data)."


def main(arguments: list[str] | None = None) -> int:
    """The command; 0 where it was done."""
    parser = argparse.ArgumentParser(prog="python -m web.keys", description=DESCRIPTION)
    commands = parser.add_subparsers(dest="command", required=True)
    for command, words in (("create", "make a key and show it once"), ("revoke", "make a key worthless")):
        commands.add_parser(command, help=words).add_argument("name")
    commands.add_parser("list", help="the names of all keys")
    chosen = parser.parse_args(arguments)
    try:
        with _redis() as redis:
            sys.stdout.write(_done(Keys(redis), chosen))
    except ReliefError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except RedisError as error:
        sys.stderr.write(f"Redis cannot be asked: {error}\n")
        return 1
    return 0


def _redis() -> Redis:
    """The Redis of the Relief that runs.

    Raises:
        SettingsError: none is known, or REDIS_URL is not valid.
    """
    try:
        return connect(running_redis_url())
    except ValueError as error:
        raise SettingsError("REDIS_URL is no address of a Redis; one looks like redis://127.0.0.1:6379/0") from error


def _done(keys: Keys, chosen: argparse.Namespace) -> str:
    if chosen.command == "create":
        return f"{keys.create(chosen.name)}\n"
    if chosen.command == "revoke":
        keys.revoke(chosen.name)
        return ""
    return "".join(f"{name}\n" for name in keys.names())


if __name__ == "__main__":
    sys.exit(main())
