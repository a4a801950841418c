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
from web.answers import WaitQuery
from web.api.jobs import PageQuery
from web.documents import Deleted, JobDocument, JobList, ModelList, OptionList, ProblemDocument, Shared, WorkerCount
from web.submissions import IMAGE_TYPES, NOT_IN_QUERY, SECRET_HEADER, JobForm

REF = "#/components/schemas/"
KEY = {"type": "http", "scheme": "bearer", "description": "An API key; without one, a cookie tells who asks."}
HEADERS = {
    "Prefer": "`wait=N`: answer when the job has ended, if that is within N seconds.",
    "Idempotency-Key": "The same key with the same body gives the same job for 24 hours.",
    SECRET_HEADER: "In place of `webhook_secret`, and the only way with a bare image: 16 to 200 ASCII characters.",
    "If-None-Match": "The ETag of what one has; 304 where it is still so.",
    "Last-Event-ID": "Id of the last event that one has.",
}


class JobSettingsForm(JobForm, DepthOptions, ModelOptions):
    """Everything that may be chosen for a new job."""


@dataclass(frozen=True)
class Operation:
    """What a route takes and gives.

    Answers by status, those without a model are no JSON; `media` is their type.
    """

    answers: dict[int, type[BaseModel] | None]
    query: tuple[type[BaseModel], ...] = ()
    headers: tuple[str, ...] = ()
    body: type[BaseModel] | None = None
    media: str = "application/json"


FILE = "application/octet-stream"
OPERATIONS = {  # by operation id: method and endpoint
    "post_jobs_create": Operation(
        {202: JobDocument, 200: JobDocument},
        query=(JobSettingsForm, WaitQuery),
        headers=("Prefer", "Idempotency-Key", SECRET_HEADER),
        body=JobSettingsForm,
    ),
    "get_jobs_index": Operation({200: JobList, 304: None}, query=(PageQuery,), headers=("If-None-Match",)),
    "get_jobs_show": Operation({200: JobDocument, 304: None}, query=(WaitQuery,), headers=("If-None-Match",)),
    "delete_jobs_delete": Operation({200: Deleted}),
    "post_jobs_cancel": Operation({200: JobDocument}),
    "post_jobs_extend": Operation({200: JobDocument}),
    "post_jobs_share": Operation({200: Shared}),
    "delete_jobs_unshare": Operation({204: None}),
    "post_jobs_retry": Operation({202: JobDocument}),
    "post_jobs_build_model": Operation({202: JobDocument}, body=ModelOptions),
    "get_events_events": Operation({200: None, 204: None}, headers=("Last-Event-ID",), media="text/event-stream"),
    "get_results_download": Operation({200: None, 304: None}, headers=("If-None-Match",), media=FILE),
    "get_models_models": Operation({200: ModelList}),
    "get_models_options": Operation({200: OptionList}),
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
    components = {"schemas": _schemas(), "securitySchemes": {"key": KEY}}
    return {**spec, "paths": paths, "components": components, "security": [{"key": []}, {}]}


def _describe(entry: dict[str, Any], operation: Operation) -> None:
    entry["parameters"] += [_header(name) for name in operation.headers]
    for model in operation.query:
        entry["parameters"] += _query(model)
    if operation.body is JobSettingsForm:
        entry["requestBody"] = _upload()
    elif operation.body:
        entry["requestBody"] = {"content": {"application/json": {"schema": _ref(operation.body)}}}
    entry["responses"] = {
        str(status): _answer(status, model, operation.media) for status, model in operation.answers.items()
    }
    entry["responses"]["default"] = {
        "description": "What was wrong, and what would be right (RFC 9457).",
        "content": {"application/problem+json": {"schema": _ref(ProblemDocument)}},
    }


def _answer(status: int, model: type[BaseModel] | None, media: str) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if model:
        answer["content"] = {media: {"schema": _ref(model)}}
    elif status not in BODILESS:
        answer["content"] = {("*/*" if media == FILE else media): {"schema": {}}}
    return answer


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
