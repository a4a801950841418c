"""The API's description (OpenAPI 3.1): APIFlask lists the routes, the `Operation` of each says what goes in and out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar

from apiflask import APIFlask
from flask import current_app, render_template
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from shared.results import BINARY
from web.api.schemas import JobDocument, ProblemDocument
from web.intake.submission import IMAGE_TYPES, NOT_IN_QUERY, SECRET_HEADER, JobSettingsForm
from web.intake.upload import DISPARITY_MP
from web.rates import Rate

REF = "#/components/schemas/"
SCHEMES = {
    "key": {"type": "http", "scheme": "bearer", "description": "An API key."},
    "visitor": {"type": "apiKey", "in": "cookie", "name": "relief", "description": "Comes with a visitor's first job."},
}
HEADERS = {
    "Prefer": "`wait=N`: answer when the job has ended, if that is within N seconds.",
    "Idempotency-Key": "The same key with the same body gives the same job for 24 hours.",
    SECRET_HEADER: "In place of `webhook_secret`, and the only way with a bare image: 16 to 200 ASCII characters.",
    "If-None-Match": "The ETag of what one has; 304 where it is still so.",
    "If-Match": "The ETag that is meant; 412 where it is another by now.",
    "If-Range": "The ETag of what one has a part of; where it is another by now, all of it comes.",
    "Range": "`bytes=FROM-TO`, one range; others are passed over.",
    "Last-Event-ID": "Id of the last event that one has: what it told is not told again.",
}
ANSWER_HEADERS = {
    "Location": "Where the job is.",
    "Retry-After": "Seconds until it is worth asking again.",
    "ETag": "The version of what is answered.",
    "Content-Disposition": "The name to keep the file by.",
    "Accept-Ranges": "`bytes`",
    "Content-Range": "Which part it is, of how many bytes.",
    "X-Request-ID": "The id of this request in the logs.",
}
DISPARITY_FILE = (
    "A disparity map in place of a network's, larger is nearer: .png of 8 or 16 bits, .npy or .npz; of the photo's "
    f"shape, at any size up to {DISPARITY_MP} megapixels."
)
BODILESS = (204, 304)
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Operation:
    """Describes the view that it decorates; what follows from path, method and rate is added by `register`.

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


def register(app: APIFlask) -> None:
    """Describe the application, and show the description as a page."""
    app.config.update(AUTO_OPERATION_ID=True, AUTO_404_RESPONSE=False, AUTO_SERVERS=False)
    app.spec_processor(partial(_complete, app))
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
    entry["parameters"] += [_header(name) for name in headers]
    for model in operation.query:
        entry["parameters"] += _query(model)
    if operation.body is JobSettingsForm:
        entry["requestBody"] = _upload()
    elif operation.body:
        entry["requestBody"] = {"content": {"application/json": {"schema": _ref(operation.body)}}}
    answers = {status: _answer(status, model, operation) for status, model in operation.answers.items()}
    problems = {status: _problem(HTTPStatus(status).phrase) for status in sorted(refusals)}
    entry["responses"] = {str(status): answer for status, answer in (problems | answers).items()}
    entry["responses"]["default"] = _problem("What was wrong, and what would be right (RFC 9457).")


def _answer(status: int, model: type[BaseModel] | None, operation: Operation) -> dict[str, Any]:
    names = operation.gives
    if JobDocument in operation.answers.values():
        names += (*(("Location",) if 202 in operation.answers else ()), "ETag", "Retry-After")
    headers = {name: {"schema": {"type": "string"}, "description": ANSWER_HEADERS[name]} for name in names}
    answer: dict[str, Any] = {"description": HTTPStatus(status).phrase} | ({"headers": headers} if headers else {})
    if model:
        answer["content"] = {operation.media_type: {"schema": _ref(model)}}
    elif status not in BODILESS:
        answer["content"] = {("*/*" if operation.media_type == BINARY else operation.media_type): {"schema": {}}}
    return answer


def _problem(description: str) -> dict[str, Any]:
    request_id = {"schema": {"type": "string"}, "description": ANSWER_HEADERS["X-Request-ID"]}
    return {
        "description": description,
        "headers": {"X-Request-ID": request_id},
        "content": {"application/problem+json": {"schema": _ref(ProblemDocument)}},
    }


def _upload() -> dict[str, Any]:
    binary = {"type": "string", "format": "binary"}
    files = {"photo": binary, "disparity": {**binary, "description": DISPARITY_FILE}}
    form = JobSettingsForm.model_json_schema()
    form = {**form, "properties": {**files, **form["properties"]}, "required": ["photo"]}
    content = {"multipart/form-data": {"schema": form}} | {kind: {"schema": binary} for kind in IMAGE_TYPES}
    return {"required": True, "content": content}


def _query(model: type[BaseModel]) -> list[dict[str, Any]]:
    schemas = model.model_json_schema()["properties"]
    return [
        {"in": "query", "name": name, "schema": schema, "description": schema.get("description", "")}
        for name, schema in schemas.items()
        if name not in NOT_IN_QUERY
    ]


def _header(name: str) -> dict[str, Any]:
    return {"in": "header", "name": name, "schema": {"type": "string"}, "description": HEADERS[name]}


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"{REF}{model.__name__}"}


def _schemas(operations: list[Operation]) -> dict[str, Any]:
    answers = {model for operation in operations for model in operation.answers.values() if model}
    bodies = {operation.body for operation in operations if operation.body not in (None, JobSettingsForm)}
    wanted = sorted(answers | {ProblemDocument}, key=lambda model: model.__name__)
    _, outgoing = models_json_schema([(model, "serialization") for model in wanted], ref_template=f"{REF}{{model}}")
    asked = sorted(bodies, key=lambda model: model.__name__)
    _, incoming = models_json_schema([(model, "validation") for model in asked], ref_template=f"{REF}{{model}}")
    return incoming["$defs"] | outgoing["$defs"]
