"""What a route takes, gives and refuses: stands at the route, and is read by web.api.openapi."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Operation:
    """Describes the view that it decorates; what follows from path, method and rate is added by web.api.openapi.

    answers: a model by status; None where the answer is no JSON.
    query, headers, body: what the request may have; of headers the names.
    media_type: of the answers.
    gives: names of the headers of a success, beside those of every job document.
    refuses: statuses of this route's own problems.
    """

    answers: dict[int, type[BaseModel] | None]
    query: tuple[type[BaseModel], ...] = ()
    headers: tuple[str, ...] = ()
    body: type[BaseModel] | None = None
    media_type: str = "application/json"
    gives: tuple[str, ...] = ()
    refuses: tuple[int, ...] = ()

    def __call__(self, view: View) -> View:
        """The view, marked with this description."""
        view.operation = self  # type: ignore[attr-defined]
        return view


def operation_of(view: Callable[..., Any]) -> Operation | None:
    """The description of a view; None where it has none, as those of the page."""
    return getattr(view, "operation", None)
