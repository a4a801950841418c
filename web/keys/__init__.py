"""API keys. Redis holds their hashes, never the keys; `python -m web.keys` makes and revokes them.

A key has 256 random bits, so one round of SHA-256 hides it as well as a slow hash would. Jobs belong to the key's name:
revoke and create with the same name gives a new key to the same jobs.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import cast

from redis import Redis

from shared.errors import ReliefError
from shared.redis.confirmed import confirmed

NAMES = "relief:key-names"  # hash: name -> the key's hash
HASHES = "relief:keys"  # hash: the key's hash -> name
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


class KeyNameError(ReliefError):
    """The name of an API key is taken, unknown, or not valid."""


class Keys:
    """The API keys of one Relief."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def create(self, name: str) -> str:
        """Make a key; this is the only time that it can be seen.

        Raises:
            KeyNameError: the name is taken, or not valid.
            NotConfirmedError: a failover may forget it; revoke it then.
        """
        if not NAME.fullmatch(name):
            raise KeyNameError(f"{name!r} is no name of a key; use 1 to 32 of a-z, 0-9 and -")
        key = f"relief_{secrets.token_urlsafe(32)}"
        if not self._redis.hsetnx(NAMES, name, _hash(key)):
            raise KeyNameError(f"there is a key named {name} already; revoke it first")
        confirmed(self._redis, lambda pipe: [pipe.hset(NAMES, name, _hash(key)), pipe.hset(HASHES, _hash(key), name)])
        return key

    def revoke(self, name: str) -> None:
        """Revoke a key at once; its jobs stay until they expire.

        Raises:
            KeyNameError: there is no key of that name.
            NotConfirmedError: a failover may bring it back.
        """
        digest = cast("bytes | None", self._redis.hget(NAMES, name))
        if digest is None:
            raise KeyNameError(f"there is no key named {name}")
        confirmed(self._redis, lambda pipe: [pipe.hdel(HASHES, digest), pipe.hdel(NAMES, name)])

    def names(self) -> list[str]:
        """The names of all keys."""
        return sorted(name.decode() for name in cast(list[bytes], self._redis.hkeys(NAMES)))

    def name_of(self, key: str) -> str | None:
        """The name of a key; None where it is unknown."""
        name = cast("bytes | None", self._redis.hget(HASHES, _hash(key)))
        return name.decode() if name else None


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
