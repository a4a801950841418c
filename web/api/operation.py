"""What a route takes, gives and refuses: stands at the route, and is read by web.api.openapi."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

View = TypeVar("View", bound=Callable[..., Any])

# What may be refused: anything; what belongs to somebody; what changes something.
ANY = (400, 401, 429, 503)
OWN = (*ANY, 404)
WRITE = (*OWN, 403)
JOB_HEADERS = ("ETag", "Retry-After")


@dataclass(frozen=True)
class Operation:
    """Describes the view that it decorates.

    answers: a model by status; None where the answer is no JSON.
    query, headers, body: what the request may have; of headers the names.
    media_type: of the answers.
    gives: names of the headers of a success.
    refuses: statuses of problems.
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
