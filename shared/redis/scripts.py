"""Loads Lua scripts and calls them by name; each runs in Redis whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from redis import Redis

BASE = Path(__file__).parent / "lua" / "base.lua"


class Scripts:
    """The Lua scripts of a folder, by the names of their files.

    Before each script stand base.lua, the enums as tables of the same name (`State.QUEUED`), and the libraries.
    """

    def __init__(
        self, redis: Redis, folder: Path, *, enums: Sequence[type[StrEnum]] = (), libraries: Sequence[Path] = ()
    ) -> None:
        head = [BASE.read_text(), *map(_lua_table, enums), *(path.read_text() for path in libraries)]
        self._scripts = {
            path.stem: redis.register_script("".join([*head, path.read_text()])) for path in folder.glob("*.lua")
        }

    def call(self, name: str, *arguments: object) -> Any:
        """Run a script; its ARGV are the arguments as text."""
        return self._scripts[name](args=[str(argument) for argument in arguments])


def _lua_table(enum: type[StrEnum]) -> str:
    """A table of an enum's values, by name and in order; a name that it does not have is an error."""
    values = ", ".join([*(f"'{member}'" for member in enum), *(f"{member.name} = '{member}'" for member in enum)])
    return f"local {enum.__name__} = strict({{ {values} }})\n"
