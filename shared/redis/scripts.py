"""Loads Lua scripts and calls them by name; each runs in Redis whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import NoScriptError

from shared.redis.confirmed import confirmed

BASE = Path(__file__).parent / "lua" / "base.lua"


class Scripts:
    """The Lua scripts of a folder, by the names of their files.

    Before each script stand base.lua and the libraries. In all of them, `State.QUEUED` is the value of that member of
    an enum, and `State` the list of all values.

    Raises:
        KeyError: a script names a member that its enum does not have.
    """

    def __init__(
        self, redis: Redis, folder: Path, *, enums: Sequence[type[StrEnum]] = (), libraries: Sequence[Path] = ()
    ) -> None:
        lists = "".join(f"local {enum.__name__} = {{ {', '.join(map(_quoted, enum))} }}\n" for enum in enums)
        self._redis = redis
        before = "".join(path.read_text() for path in (BASE, *libraries))
        self._scripts = {
            path.stem: redis.register_script(lists + _with_values(before + path.read_text(), enums))
            for path in folder.glob("*.lua")
        }

    def call(self, name: str, *arguments: object) -> Any:
        """Run a script; its ARGV are the arguments as text."""
        return self._scripts[name](args=[str(argument) for argument in arguments])

    def call_confirmed(self, name: str, *arguments: object) -> Any:
        """Run a script as `call` does; its answer is one that a failover cannot forget.

        Raises:
            NotConfirmedError: too few replicas have what it changed or read.
        """
        script, texts = self._scripts[name], [str(argument) for argument in arguments]
        try:
            return confirmed(self._redis, lambda pipe: pipe.evalsha(script.sha, 0, *texts))[0]
        except NoScriptError:
            self._redis.script_load(script.script)
            return confirmed(self._redis, lambda pipe: pipe.evalsha(script.sha, 0, *texts))[0]

    def call_each(self, name: str, arguments: Iterable[object]) -> list[Any]:
        """Run a script with each of these as its only argument, in one question to Redis; the answers."""
        with self._redis.pipeline(transaction=False) as pipe:
            for argument in arguments:
                self._scripts[name](args=[str(argument)], client=pipe)
            return list(pipe.execute())


def _with_values(script: str, enums: Sequence[type[StrEnum]]) -> str:
    members = {enum.__name__: enum for enum in enums}
    names = rf"\b({'|'.join(members)})\.(\w+)"
    return re.sub(names, lambda found: _quoted(members[found[1]][found[2]]), script) if enums else script


def _quoted(value: str) -> str:
    return f"'{value}'"
