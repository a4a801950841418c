"""The words and parts of the API's description: parameters, bodies, answers, problems, schemas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from shared.results import BINARY, HTML, JSON, RESULTS
from web.api.schemas import ProblemDocument
from web.intake.submission import IMAGE_TYPES, NOT_IN_QUERY, SECRET_HEADER, JobSettingsForm
from web.intake.upload import DISPARITY_MP

Part = dict[str, Any]

REF = "#/components/schemas/"
BYTES: Part = {"type": "string", "format": "binary"}
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
NAMES = "; ".join(f"`{file.name}`: {file.media_type.partition(';')[0]}" for file in RESULTS.values())
PATH: Mapping[str, Part] = {
    "job_id": {"description": "The job's id, or the token of a shared one."},
    "name": {
        "description": f"The file, and its media type: {NAMES}.",
        "schema": {"type": "string", "enum": [*RESULTS]},
    },
}
OTHER_PROBLEMS = {"4XX": "What was wrong, and what would be right (RFC 9457).", "5XX": "It is our fault, not yours."}
BODILESS = (204, 304)


def result_content() -> Part:
    """Schemas of a result by media type. First comes what all are, since generated clients take the first they know."""
    kinds = {file.media_type.partition(";")[0] for file in RESULTS.values()}
    own = {JSON: {"type": "object"}, HTML.partition(";")[0]: {"type": "string"}}
    return {BINARY: BYTES} | {kind: own.get(kind, BYTES) for kind in sorted(kinds - {BINARY})}


def answer(status: int, content: Part, headers: Iterable[str]) -> Part:
    """An answer whose body has one of the schemas, by media type; names of its headers."""
    described = {name: {"schema": {"type": "string"}, "description": ANSWER_HEADERS[name]} for name in headers}
    found: Part = {"description": HTTPStatus(status).phrase} | ({"headers": described} if described else {})
    if status not in BODILESS:
        found["content"] = {kind: {"schema": schema} for kind, schema in content.items()}
    return found


def problems(statuses: Iterable[int]) -> dict[str, Part]:
    """Answers of these statuses, and of all others of their kind."""
    named = {str(status): HTTPStatus(status).phrase for status in sorted(statuses)}
    return {status: _problem(words) for status, words in (named | OTHER_PROBLEMS).items()}


def _problem(description: str) -> Part:
    request_id = {"schema": {"type": "string"}, "description": ANSWER_HEADERS["X-Request-ID"]}
    return {
        "description": description,
        "headers": {"X-Request-ID": request_id},
        "content": {"application/problem+json": {"schema": ref(ProblemDocument)}},
    }


def upload() -> Part:
    """The body of a new job: a form, or a bare image."""
    files = {"photo": BYTES, "disparity": {**BYTES, "description": DISPARITY_FILE}}
    form = JobSettingsForm.model_json_schema()
    fields = {name: _without_null(schema) for name, schema in form["properties"].items()}
    form = {**form, "properties": files | fields, "required": ["photo"]}
    content = {"multipart/form-data": {"schema": form}} | {kind: {"schema": BYTES} for kind in IMAGE_TYPES}
    return {"required": True, "content": content}


def query(model: type[BaseModel]) -> list[Part]:
    """The parameters of a query. Defaults are told in words alone: generated clients would send them, beside a form."""
    schemas = model.model_json_schema()["properties"]
    return [_parameter(name, schema) for name, schema in schemas.items() if name not in NOT_IN_QUERY]


def _parameter(name: str, schema: Part) -> Part:
    known = schema.get("default") is not None
    words = schema.get("description", "") + (f" Default: {schema['default']}." if known else "")
    schema = {key: value for key, value in _without_null(schema).items() if key not in ("default", "description")}
    return {"in": "query", "name": name, "schema": schema, "description": words}


def header(name: str) -> Part:
    """A header of the request."""
    return {"in": "header", "name": name, "schema": {"type": "string"}, "description": HEADERS[name]}


def ref(model: type[BaseModel]) -> dict[str, str]:
    """Where the schema of a model stands."""
    return {"$ref": f"{REF}{model.__name__}"}


def schemas_of(outgoing: set[type[BaseModel]], incoming: set[type[BaseModel]]) -> Part:
    """The schemas of what is answered and of what is asked, and of what they hold."""
    found: Part = {}
    for mode, models in (("validation", incoming), ("serialization", outgoing | {ProblemDocument})):
        wanted = [(model, mode) for model in sorted(models, key=lambda model: model.__name__)]
        found |= models_json_schema(wanted, ref_template=f"{REF}{{model}}")[1]["$defs"]  # type: ignore[arg-type]
    return found


def _without_null(schema: Part) -> Part:
    """The same for a form or a query, where what is empty is left out."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    return kinds[0] | {name: value for name, value in schema.items() if name not in ("anyOf", "default")}
