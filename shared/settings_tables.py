"""Tables of settings, in Markdown, from their fields."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel
from pydantic.fields import FieldInfo


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
