"""The API's description (OpenAPI 3.1): APIFlask lists the routes, the models that validate say what goes in and out."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from apiflask import APIFlask
from flask import current_app, render_template
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from shared.options import DepthOptions, ModelOptions
from web.api.answers import WaitQuery
from web.api.documents import Deleted, JobDocument, JobList, ModelList, OptionList, ProblemDocument, Shared, WorkerCount
from web.api.jobs import PageQuery
from web.intake.submission import IMAGE_TYPES, NOT_IN_QUERY, SECRET_HEADER, JobForm

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
# What may be refused: anything; what belongs to somebody; what changes something.
ANY = (400, 401, 429, 503)
OWN = (*ANY, 404)
WRITE = (*OWN, 403)


class JobSettingsForm(JobForm, DepthOptions, ModelOptions):
    """Everything that may be chosen for a new job."""


@dataclass(frozen=True)
class Operation:
    """What a route takes and gives.

    Answers by status, those without a model are no JSON; `media` is their type. `gives` are the headers of a success,
    `refuses` the statuses of problems.
    """

    answers: dict[int, type[BaseModel] | None]
    query: tuple[type[BaseModel], ...] = ()
    headers: tuple[str, ...] = ()
    body: type[BaseModel] | None = None
    media: str = "application/json"
    gives: tuple[str, ...] = ()
    refuses: tuple[int, ...] = ()


FILE = "application/octet-stream"
JOB_HEADERS = ("ETag", "Retry-After")
OPERATIONS = {  # by operation id: method and endpoint
    "post_jobs_create": Operation(
        {202: JobDocument, 200: JobDocument},
        query=(JobSettingsForm, WaitQuery),
        headers=("Prefer", "Idempotency-Key", SECRET_HEADER),
        body=JobSettingsForm,
        gives=("Location", *JOB_HEADERS),
        refuses=(*ANY, 403, 413, 415, 422),
    ),
    "get_jobs_index": Operation(
        {200: JobList, 304: None},
        query=(PageQuery,),
        headers=("If-None-Match",),
        gives=("ETag",),
        refuses=(*ANY, 422),
    ),
    "get_jobs_show": Operation(
        {200: JobDocument, 304: None},
        query=(WaitQuery,),
        headers=("If-None-Match",),
        gives=JOB_HEADERS,
        refuses=(*OWN, 422),
    ),
    "delete_jobs_delete": Operation({200: Deleted}, refuses=WRITE),
    "post_jobs_cancel": Operation({200: JobDocument}, gives=JOB_HEADERS, refuses=(*WRITE, 409)),
    "post_jobs_extend": Operation({200: JobDocument}, gives=JOB_HEADERS, refuses=WRITE),
    "post_jobs_share": Operation({200: Shared}, refuses=WRITE),
    "delete_jobs_unshare": Operation({204: None}, refuses=WRITE),
    "post_jobs_retry": Operation({202: JobDocument}, gives=("Location", *JOB_HEADERS), refuses=(*WRITE, 409)),
    "post_jobs_build_model": Operation(
        {202: JobDocument},
        body=ModelOptions,
        gives=("Location", *JOB_HEADERS),
        refuses=(*WRITE, 409, 413, 415, 422),
    ),
    "get_events_events": Operation(
        {200: None, 204: None}, headers=("Last-Event-ID",), media="text/event-stream", refuses=OWN
    ),
    "get_results_download": Operation(
        {200: None, 206: None, 304: None},
        headers=("If-None-Match", "If-Match", "Range", "If-Range"),
        media=FILE,
        gives=("ETag", "Content-Disposition", "Accept-Ranges", "Content-Range"),
        refuses=(*OWN, 412, 416),
    ),
    "get_models_models": Operation({200: ModelList}, refuses=ANY),
    "get_models_options": Operation({200: OptionList}, refuses=ANY),
    "get_health_alive": Operation({200: WorkerCount}),
    "get_health_ready": Operation({200: WorkerCount, 503: WorkerCount}),
    "get_metrics_metrics": Operation({200: None}, media="text/plain"),
}
BODILESS = (204, 304)


def register(app: APIFlask) -> None:
    """Describe the application, and show the description as a page."""
    app.config.update(AUTO_OPERATION_ID=True, AUTO_404_RESPONSE=False, AUTO_SERVERS=False)
    app.spec_processor(complete)
    app.add_url_rule("/docs", "docs", docs)


def docs() -> str:
    """The description for people; made on the server, so it needs no script."""
    return render_template("docs.html", spec=current_app.spec)  # type: ignore[attr-defined]


def complete(spec: Any) -> dict[str, Any]:
    """APIFlask's list of routes with everything that this module knows of them; routes of the page go."""
    paths: dict[str, Any] = {}
    for path, methods in spec["paths"].items():
        known = {method: entry for method, entry in methods.items() if entry.get("operationId") in OPERATIONS}
        for entry in known.values():
            _describe(entry, OPERATIONS[entry["operationId"]])
        if known:
            paths[path] = known
    components = {"schemas": _schemas(), "securitySchemes": SCHEMES}
    return {**spec, "paths": paths, "components": components, "security": [{"key": []}, {"visitor": []}, {}]}


def _describe(entry: dict[str, Any], operation: Operation) -> None:
    entry["parameters"] += [_header(name) for name in operation.headers]
    for model in operation.query:
        entry["parameters"] += _query(model)
    if operation.body is JobSettingsForm:
        entry["requestBody"] = _upload()
    elif operation.body:
        entry["requestBody"] = {"content": {"application/json": {"schema": _ref(operation.body)}}}
    answers = {status: _answer(status, model, operation) for status, model in operation.answers.items()}
    problems = {status: _problem(HTTPStatus(status).phrase) for status in sorted(operation.refuses)}
    entry["responses"] = {str(status): answer for status, answer in (problems | answers).items()}
    entry["responses"]["default"] = _problem("What was wrong, and what would be right (RFC 9457).")


def _answer(status: int, model: type[BaseModel] | None, operation: Operation) -> dict[str, Any]:
    told = {name: {"schema": {"type": "string"}, "description": ANSWER_HEADERS[name]} for name in operation.gives}
    answer: dict[str, Any] = {"description": HTTPStatus(status).phrase} | ({"headers": told} if told else {})
    if model:
        answer["content"] = {operation.media: {"schema": _ref(model)}}
    elif status not in BODILESS:
        answer["content"] = {("*/*" if operation.media == FILE else operation.media): {"schema": {}}}
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
    form = JobSettingsForm.model_json_schema()
    form = {**form, "properties": {"photo": binary, **form["properties"]}, "required": ["photo"]}
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


def _schemas() -> dict[str, Any]:
    answers = {model for operation in OPERATIONS.values() for model in operation.answers.values() if model}
    bodies = {operation.body for operation in OPERATIONS.values() if operation.body not in (None, JobSettingsForm)}
    wanted = sorted(answers | {ProblemDocument}, key=lambda model: model.__name__)
    _, outgoing = models_json_schema([(model, "serialization") for model in wanted], ref_template=f"{REF}{{model}}")
    asked = sorted(bodies, key=lambda model: model.__name__)
    _, incoming = models_json_schema([(model, "validation") for model in asked], ref_template=f"{REF}{{model}}")
    return incoming["$defs"] | outgoing["$defs"]
