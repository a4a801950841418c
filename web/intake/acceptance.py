"""Acceptance of a photo: check, decode, store it, record its job, and wake the workers."""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass

from flask import g, url_for

from shared.errors import BusyError, ModelError, ReliefError
from shared.jobs.new_job import NewJob
from shared.jobs.record import Job, PhotoInfo
from shared.logs import request_id
from shared.photo.decode import check_bytes, jpeg_from_pixels, read_photo
from shared.results import PHOTO
from shared.storage.base import PHOTO_FOLDER
from shared.webhooks.queue import Webhook
from shared.webhooks.urls import check_url
from web.access import client_ip, owner
from web.intake.submission import Submission
from web.services import services

log = logging.getLogger(__name__)

JOB_BYTES = 20_000_000  # photo and results; measured: 11 to 19 MB for 0.3 to 49 megapixels


@dataclass(frozen=True)
class StoredPhoto:
    """A photo as it will be stored, and what is known of it."""

    jpeg: bytes
    info: PhotoInfo


def accept(submission: Submission) -> Job:
    """Make a job of what was sent; photo and record are safely stored then.

    Raises:
        PhotoError, ModelError, WebhookUrlError: a part of it cannot be used.
        BusyError, LimitError: there is too much to do, or the caller has as much as allowed.
        IdempotencyError: the same key came with another photo or settings.
    """
    settings = services().settings
    check_model(submission.depth.model)
    job_id = uuid.uuid4().hex
    webhook = submission.form.webhook_with(url_for("jobs.show", job_id=job_id, _external=True))
    if webhook:
        check_url(webhook.url, private=settings.webhook_private)
    check_bytes(len(submission.photo), settings.upload_mb)
    _check_space()
    photo = _decoded(submission.photo, settings.upload_mp)
    job = _recorded(job_id, photo, submission, webhook)
    if job.id == job_id:
        services().wakeups.send(job.stage)
    else:  # the same request came before
        services().storage.delete(job_id)
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


def _check_space() -> None:
    """Refuse a new job where those that wait will need the space that is left.

    Raises:
        BusyError: less would be free, once they are done, than is to be kept free.
    """
    kept_gb = services().settings.free_gb
    waiting = sum(stage.waiting for stage in services().statistics.by_stage().values())
    left_gb = (services().storage.free_bytes() - (waiting + 1) * JOB_BYTES) / 1e9
    if left_gb < kept_gb:
        log.error("no new job is taken: %.1f GB would be left, %g are kept free", left_gb, kept_gb)
        raise BusyError("our storage has no room for another photo just now; try again later")


def _decoded(data: bytes, limit_mp: float) -> StoredPhoto:
    """Decode and encode the photo, with a few others at most; the pixels are freed before this returns.

    Raises:
        BusyError: too many photos are decoded just now.
        PhotoError: the photo cannot be used.
    """
    with services().decoding.slot():
        photo = read_photo(data, limit_mp=limit_mp)
        height, width = photo.pixels.shape[:2]
        jpeg = jpeg_from_pixels(photo.pixels)
        info = PhotoInfo(width=width, height=height, bytes=len(jpeg), focal_35mm=photo.focal_35mm)
        return StoredPhoto(jpeg, info)


def _recorded(job_id: str, photo: StoredPhoto, submission: Submission, webhook: Webhook | None) -> Job:
    """Photo to storage, then record to Redis, so that a job always has its photo.

    Where Redis fails, the photo stays: the record may exist although the answer was lost, and then needs it. The
    workers' sweeper deletes photos that have no record.
    """
    services().storage.write(job_id, PHOTO_FOLDER, PHOTO, photo.jpeg)
    new = NewJob(
        id=job_id,
        owner=owner(),
        steps=submission.form.stages,
        photo=photo.info,
        depth=submission.depth,
        model=submission.model,
        keep_s=services().settings.retention_h * 3600,
        request_id=request_id(),
        idempotency=submission.idempotency,
        webhook=webhook,
        client_ip=None if g.key_owner else client_ip(),
    )
    try:
        return services().jobs.create(new, services().limits)
    except ReliefError:
        services().storage.delete(job_id)
        raise
