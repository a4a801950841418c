"""Acceptance of a photo and what comes with it: check, decode, store it, record its job, and wake the workers."""

from __future__ import annotations

import logging
import uuid

from flask import url_for
from werkzeug.exceptions import UnprocessableEntity

from shared.errors import ModelError, ReliefError
from shared.jobs.new_job import NewJob
from shared.jobs.record import Job, PhotoInfo
from shared.jobs.space import results_bytes
from shared.logs import log_context, request_id
from shared.options import DepthOptions
from shared.photo.decode import check_bytes
from shared.storage.base import PHOTO_FOLDER
from shared.webhooks.queue import Webhook
from shared.webhooks.urls import check_url
from web.access import client_group, owner, requester
from web.intake.files import file_size
from web.intake.space import room_for
from web.intake.submission import Submission
from web.intake.upload import Upload
from web.services import services

log = logging.getLogger(__name__)


def accept(submission: Submission) -> Job:
    """Make a job of what was sent; photo and record are safely stored then.

    Raises:
        PhotoError, DisparityError, ModelError, WebhookUrlError: a part of it cannot be used.
        BusyError, LimitError: there is too much to do, or the caller has as much as allowed.
        UnprocessableEntity: a face is chosen beside the photo.
        IdempotencyError: the same key came with another photo or settings.
    """
    job_id = uuid.uuid4().hex
    with log_context(job_id=job_id):
        return _accept(job_id, submission)


def _accept(job_id: str, submission: Submission) -> Job:
    settings = services().settings
    check_model(submission.depth.model)
    webhook = submission.form.webhook_with(url_for("jobs.show", job_id=job_id, _external=True))
    if webhook:
        check_url(webhook.url, private=settings.webhook_private)
    check_bytes(file_size(submission.photo), settings.upload_mb)
    coming = results_bytes(submission.form.stages, submission.model)
    with room_for(job_id, requester(), client_group(), coming) as room:
        upload = services().decoding.decode(submission.photo, submission.disparity, limit_mp=settings.upload_mp)
        check_face(submission.depth, upload.photo)
        room.need(sum(part.bytes for part in (upload.photo, upload.disparity) if part))
        job = _recorded(job_id, upload, submission, webhook)
    if job.id == job_id:
        log.info("accepted")
        services().wakeups.send(job.stage)
    else:  # the same request came before
        services().removals.remove(job_id)
    return job


def check_model(name: str) -> None:
    """Refuse a depth model that no worker has.

    Raises:
        ModelError: unknown, or its weights are not there.
    """
    offered = services().workers.offered()
    if name == "auto" or not offered.models:
        return
    ready = [model.name for model in offered.models if model.ready]
    if name not in ready:
        raise ModelError(f"the depth model {name!r} is not ready here; ready: {', '.join(ready) or 'none'}")


def check_face(depth: DepthOptions, photo: PhotoInfo) -> None:
    """Refuse to look for a face beside the photo.

    Raises:
        UnprocessableEntity: the point is not on the photo.
    """
    u, v = depth.face_uv or (0, 0)
    if u >= photo.width or v >= photo.height:
        raise UnprocessableEntity(
            f"A setting is wrong: face: the point {depth.face} is outside of the photo, which has "
            f"{photo.width} x {photo.height} pixels when it is upright."
        )


def _recorded(job_id: str, upload: Upload, submission: Submission, webhook: Webhook | None) -> Job:
    """Files to storage, then record to Redis, so that a job always has its photo.

    Where Redis fails, they stay: the record may exist although the answer was lost, and then needs them. The
    workers' sweeper deletes files that have no record.
    """
    try:
        services().storage.write_all(job_id, PHOTO_FOLDER, upload.files)
    except OSError:
        services().removals.remove(job_id)
        raise
    new = NewJob(
        id=job_id,
        owner=owner(),
        steps=submission.form.stages,
        photo=upload.photo,
        disparity=upload.disparity,
        depth=submission.depth,
        model=submission.model,
        keep_s=services().settings.retention_h * 3600,
        request_id=request_id(),
        idempotency=submission.idempotency,
        webhook=webhook,
        group=client_group(),
    )
    try:
        return services().jobs.create(new, services().limits)
    except ReliefError:
        services().removals.remove(job_id)
        raise
