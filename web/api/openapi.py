"""The API's description (OpenAPI 3.1): APIFlask lists the routes, the `Operation` of each says what goes in and out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from apiflask import APIFlask
from flask import current_app, render_template
from pydantic import BaseModel

from shared.results import JSON
from web.api.descriptions import PATH, SCHEMES, Part, answer, header, problems, query, ref, schemas_of, upload
from web.api.schemas import JobDocument
from web.intake.submission import JobSettingsForm
from web.rates import Rate

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Operation:
    """Describes the view that it decorates; what follows from path, method and rate is added by `register`.

    answers: a model by status; None where the answer is no JSON.
    query, headers, body: what the request may have; of headers the names.
    content: schemas of the answers that are no JSON, by media type.
    gives: names of the headers of a success, beside those of every job document.
    refuses: statuses of this route's own problems.
    """

    answers: dict[int, type[BaseModel] | None]
    query: tuple[type[BaseModel], ...] = ()
    headers: tuple[str, ...] = ()
    body: type[BaseModel] | None = None
    content: Mapping[str, Part] = field(default_factory=dict)
    gives: tuple[str, ...] = ()
    refuses: tuple[int, ...] = ()

    def __call__(self, view: View) -> View:
        """The view, marked with this description."""
        view.operation = self  # type: ignore[attr-defined]
        return view


def register(app: APIFlask) -> None:
    """Describe the application, and show the description as a page."""
    app.config.update(AUTO_OPERATION_ID=True, AUTO_404_RESPONSE=False, AUTO_SERVERS=False)
    app.spec_processor(partial(_complete, app))
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of several media types, generated clients take the first
    app.add_url_rule("/docs", "docs", docs)


@Rate.UNCOUNTED
def docs() -> str:
    """The description for people; made on the server, so it needs no script."""
    return render_template("docs.html", spec=current_app.spec)  # type: ignore[attr-defined]


def _complete(app: APIFlask, spec: Any) -> dict[str, Any]:
    """APIFlask's list of routes with what stands at each route; routes without an `Operation`, of the page, go."""
    operations = _operations(app)
    paths: dict[str, Any] = {}
    for path, methods in spec["paths"].items():
        known = {method: entry for method, entry in methods.items() if entry.get("operationId") in operations}
        for method, entry in known.items():
            _describe(entry, operations[entry["operationId"]], _common_refusals(path, method))
        if known:
            paths[path] = known
    components = {"schemas": _schemas(list(operations.values())), "securitySchemes": SCHEMES}
    return {**spec, "paths": paths, "components": components, "security": [{"key": []}, {"visitor": []}, {}]}


def _operations(app: APIFlask) -> dict[str, Operation]:
    """What stands at the routes, by APIFlask's operation ids."""
    found: dict[str, Operation] = {}
    for rule in app.url_map.iter_rules():
        if operation := getattr(app.view_functions[rule.endpoint], "operation", None):
            endpoint = rule.endpoint.replace(".", "_")
            found |= {f"{method.lower()}_{endpoint}": operation for method in rule.methods or ()}
    return found


def _common_refusals(path: str, method: str) -> set[int]:
    """Statuses of the problems that are not the route's own: rates, keys, cross-site writes, jobs of others."""
    if not path.startswith("/api/"):
        return set()
    return {400, 401, 429, 503} | ({404} if "{job_id}" in path else set()) | ({403} if method != "get" else set())


def _describe(entry: dict[str, Any], operation: Operation, refusals: set[int]) -> None:
    refusals |= set(operation.refuses) | ({422} if operation.query or operation.body else set())
    headers = (*(("If-None-Match",) if 304 in operation.answers else ()), *operation.headers)
    for parameter in entry["parameters"]:
        parameter.update(PATH[parameter["name"]])
    entry["parameters"] += [header(name) for name in headers]
    for model in operation.query:
        entry["parameters"] += query(model)
    if operation.body is JobSettingsForm:
        entry["requestBody"] = upload()
    elif operation.body:
        entry["requestBody"] = {"content": {JSON: {"schema": ref(operation.body)}}}
    answers = {str(status): _answer(status, model, operation) for status, model in operation.answers.items()}
    entry["responses"] = problems(refusals - operation.answers.keys()) | answers


def _answer(status: int, model: type[BaseModel] | None, operation: Operation) -> Part:
    names = operation.gives
    if JobDocument in operation.answers.values():
        names += (*(("Location",) if 202 in operation.answers else ()), "ETag", "Retry-After")
    return answer(status, {JSON: ref(model)} if model else dict(operation.content), names)


def _schemas(operations: list[Operation]) -> Part:
    answers = {model for operation in operations for model in operation.answers.values() if model}
    bodies = {operation.body for operation in operations if operation.body not in (None, JobSettingsForm)}
    return schemas_of(answers, bodies)
