"""What all groups of settings share: they are read from the environment, and documented by a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.errors import SettingsError


class SettingsGroup(BaseSettings):
    """Settings of one topic: a table in docs/settings.md, under the class's docstring. Aliases name the variables."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", case_sensitive=True, populate_by_name=True, env_ignore_empty=True
    )

    @classmethod
    def from_environment(cls) -> Self:
        """Read the settings.

        Raises:
            SettingsError: a required one is missing or one has a wrong value; the message names each.
        """
        try:
            return cls.model_validate({})
        except ValidationError as error:
            wrong = "; ".join(f"{problem['loc'][0]}: {problem['msg']}" for problem in error.errors())
            raise SettingsError(f"wrong settings in the environment: {wrong}") from error


def tables(introduction: str, groups: Iterable[type[BaseModel]]) -> str:
    """A document with a table for each group, under its docstring."""
    lines = ["# Settings", "", introduction]
    for group in groups:
        lines += ["", f"## {group.__doc__}".rstrip("."), "", "| variable | default | meaning |", "|---|---|---|"]
        fields = [group.model_fields[name] for name in group.__annotations__]
        lines += [f"| `{field.alias}` | {_default(field)} | {field.description} |" for field in fields]
    return "\n".join([*lines, ""])


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default in (None, ()):
        return "none"
    return f"`{str(field.default).lower()}`"
