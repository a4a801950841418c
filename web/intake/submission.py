"""What a client sends to have a job made: a photo and its settings, as a form or as a bare image."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, BinaryIO, Literal, TypeVar, cast

from flask import g, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.exceptions import BadRequest, UnprocessableEntity

from shared.errors import DisparityError, PhotoError, PhotoTypeError
from shared.jobs.new_job import Idempotency
from shared.jobs.record import Stage
from shared.options import DepthOptions, ModelOptions
from shared.webhooks.queue import Event, Webhook
from web.intake.files import file_size, parts, spooled
from web.intake.forms import fields_once, file_once

IMAGE_TYPES = ("image/jpeg", "image/png")
BARE_TYPES = (*IMAGE_TYPES, "image/jpg", "image/pjpeg", "image/x-png", "application/octet-stream", "")  # what they are
# is told by their bytes
FORM, TEXT_FORM = "multipart/form-data", "application/x-www-form-urlencoded"
LONGEST_KEY = 255
SECRET_HEADER = "Relief-Webhook-Secret"
NOT_IN_QUERY = ("webhook_secret",)  # proxies log queries
NOT_SETTINGS = ("wait", "photo", "disparity")  # sent like settings, but none
NO_PHOTO = (
    'no photo was sent; send a JPEG or PNG in the field "photo" of a multipart/form-data request '
    "(curl -F photo=@FILE), or as the whole body with its Content-Type"
)
Options = TypeVar("Options", bound=BaseModel)
Url = Annotated[str, Field(max_length=2000, json_schema_extra={"format": "uri"})]


class StepsForm(BaseModel):
    """The stages that a job is to run."""

    model_config = ConfigDict(frozen=True)

    steps: Literal["depth", "depth,model", "depth,model,head", "depth,model,export", "depth,model,head,export"] = Field(
        "depth,model,head,export", description="The stages to run, the first of which is always depth."
    )

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages, in their order."""
        return tuple(Stage(step) for step in self.steps.split(","))


class JobForm(StepsForm):
    """What may stand beside the settings of the stages."""

    webhook: Url | None = Field(None, description="URL that is called by POST when the job ends.")
    webhook_secret: str | None = Field(
        None,
        min_length=16,
        max_length=200,
        description="Signs the call (Standard Webhooks); required with a webhook, here or in Relief-Webhook-Secret.",
    )
    webhook_events: str = Field(
        "succeeded,failed,canceled",
        pattern=r"^(succeeded|failed|canceled)(,(succeeded|failed|canceled)){0,2}$",
        description="The ends at which the webhook is called.",
    )

    def webhook_with(self, link: str) -> Webhook | None:
        """The webhook, if one was asked for, which sends the link to the job.

        Raises:
            UnprocessableEntity: it has no secret.
        """
        if self.webhook is None:
            return None
        if self.webhook_secret is None:
            raise UnprocessableEntity(
                f"A webhook needs webhook_secret in the form, or the header {SECRET_HEADER}: "
                "16 characters or more, known to you alone."
            )
        events = dict.fromkeys(self.webhook_events.split(","))  # each once
        return Webhook(
            url=self.webhook, link=link, secret=self.webhook_secret, events=cast(tuple[Event, ...], tuple(events))
        )


class JobSettingsForm(JobForm, DepthOptions, ModelOptions):
    """Everything that may be chosen for a new job."""


class DepthAgainForm(StepsForm, DepthOptions):
    """What may be chosen where the depth stage runs again; what is left out stays as the job has it."""


@dataclass(frozen=True)
class Submission:
    """A photo and perhaps its disparity map as they came, unchecked, and settings that are checked."""

    photo: BinaryIO
    disparity: BinaryIO | None
    form: JobForm
    depth: DepthOptions
    model: ModelOptions
    idempotency: Idempotency | None


def read_submission() -> Submission:
    """What this request sends; settings are in the form or in the query, a secret is in a header or in the form.

    Raises:
        UnprocessableEntity: a setting is wrong, unknown, sent twice, or a secret in the query; a file is sent twice or
            in an unknown field; or the Idempotency-Key is too long.
        PhotoError: there is no photo where one should be.
        DisparityError: the disparity map is no file.
    """
    _refuse_secrets_in_query()
    photo, disparity = _photo(), _disparity()
    given = fields_once() | _secret_of_header()
    fields = {name: value for name, value in given.items() if name not in NOT_SETTINGS}
    form = _chosen_among(JobForm, fields)
    depth, model = _chosen_among(DepthOptions, fields), _chosen_among(ModelOptions, fields)
    _refuse_unknown(fields)
    return Submission(photo, disparity, form, depth, model, _idempotency(photo, disparity, fields))


def chosen(kind: type[Options], fields: Mapping[str, Any]) -> Options:
    """Options from a request's fields; an empty field counts as absent.

    Raises:
        UnprocessableEntity: a value is wrong; the message names it and what is allowed.
    """
    given = {name: value for name, value in fields.items() if value not in (None, "")}
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise UnprocessableEntity(f"A setting is wrong: {wrong}.") from error


def _chosen_among(kind: type[Options], fields: Mapping[str, str]) -> Options:
    return chosen(kind, {name: value for name, value in fields.items() if name in kind.model_fields})


def _refuse_unknown(fields: Mapping[str, str]) -> None:
    known = JobSettingsForm.model_fields
    if unknown := sorted(set(fields) - set(known)):
        raise UnprocessableEntity(f"Unknown settings: {', '.join(unknown)}. Known: {', '.join(sorted(known))}.")


def _refuse_secrets_in_query() -> None:
    if any(name in request.args for name in NOT_IN_QUERY):
        raise UnprocessableEntity(
            f"webhook_secret must not be in the query, which proxies log; send it in the header {SECRET_HEADER}."
        )


def _secret_of_header() -> dict[str, str]:
    """The field that the header holds; it takes precedence over one in the form."""
    secret = request.headers.get(SECRET_HEADER)
    if not secret:
        return {}
    if not secret.isascii():  # servers and clients disagree on the encoding of other characters
        raise UnprocessableEntity(f"The header {SECRET_HEADER} may have ASCII characters only.")
    return {"webhook_secret": secret}


def _photo() -> BinaryIO:
    if request.mimetype in BARE_TYPES:
        return _bare_photo()
    if request.mimetype not in (FORM, TEXT_FORM):
        raise PhotoTypeError(
            f"a body of type {request.mimetype} is not understood; send image/jpeg or image/png, "
            'or multipart/form-data with the photo in the field "photo"'
        )
    upload = file_once("photo")
    if upload is None and request.mimetype == FORM and not request.form and not request.files:
        raise BadRequest("The multipart body cannot be read: it is cut off, or is not parted by the boundary it names.")
    if request.form.get("photo") or request.args.get("photo") or (upload is None and "photo" in request.form):
        raise PhotoError('the field "photo" was sent as text; it must be a file, with a filename')
    if upload is None:
        raise PhotoError(NO_PHOTO)
    return cast(BinaryIO, upload.stream)


def _bare_photo() -> BinaryIO:
    photo = g.bare_photo = spooled(cast(BinaryIO, request.stream))  # closed with the request, as files of forms are
    size = file_size(photo)
    if not size and not request.content_length:
        raise PhotoError(NO_PHOTO)
    if size < (request.content_length or 0):
        raise BadRequest(f"Only {size:,} of {request.content_length:,} bytes have arrived; send the photo again.")
    return photo


def _disparity() -> BinaryIO | None:
    """The file that comes beside the photo in a form; None where there is none, or a browser's empty field."""
    if request.form.get("disparity") or request.args.get("disparity"):
        raise DisparityError('the field "disparity" was sent as text; it must be a file, beside the photo in a form')
    upload = file_once("disparity")
    return cast(BinaryIO, upload.stream) if upload else None


def _idempotency(photo: BinaryIO, disparity: BinaryIO | None, fields: Mapping[str, str]) -> Idempotency | None:
    key = request.headers.get("Idempotency-Key")
    if not key:
        return None
    if len(key) > LONGEST_KEY:
        raise UnprocessableEntity(f"The Idempotency-Key has {len(key)} characters; at most {LONGEST_KEY} are allowed.")
    body = _hashed(photo, json.dumps(sorted(fields.items())).encode() + b"\0")
    if disparity is not None:
        body.update(b"\0" + _hashed(disparity).digest())
    return Idempotency(hashlib.sha256(key.encode()).hexdigest(), body.hexdigest())


def _hashed(file: BinaryIO, before: bytes = b"") -> hashlib._Hash:
    digest = hashlib.sha256(before)
    for part in parts(file):
        digest.update(part)
    return digest
