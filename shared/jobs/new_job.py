"""A job to be created, and the first fields of its record."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from shared.jobs.fields import SCHEMA
from shared.jobs.record import DisparityInfo, PhotoInfo, Stage, pixels_of
from shared.jobs.space import results_bytes
from shared.options import DepthOptions, ModelOptions
from shared.webhooks.queue import Webhook

IDEMPOTENCY_S = 24 * 3600


@dataclass(frozen=True)
class Idempotency:
    """What makes a repeated request the same one: the client's key, and the hash of all that it sent."""

    key: str
    body: str


@dataclass(frozen=True)
class NewJob:
    """A job to be created: its results are kept for keep_s after its end.

    group: whom its owner is counted and takes turns with, such as all visitors of an IP address; "" means alone.
    """

    id: str
    owner: str
    steps: Sequence[Stage]
    photo: PhotoInfo
    depth: DepthOptions
    model: ModelOptions
    keep_s: float
    disparity: DisparityInfo | None = None
    request_id: str = "-"
    idempotency: Idempotency | None = None
    webhook: Webhook | None = None
    group: str = ""

    def rules(self) -> dict[str, object]:
        """What create.lua checks, and remembers beside the record."""
        rules: dict[str, object] = {
            "owner": self.owner,
            "group": self.group or self.owner,
            "stage": self.steps[0],
            "pixels": pixels_of(self.photo, self.disparity),
            "keep_ms": round(self.keep_s * 1000),
        }
        if self.idempotency:
            rules |= {"key": self.idempotency.key, "body": self.idempotency.body, "key_ms": IDEMPOTENCY_S * 1000}
        return rules

    def fields(self) -> dict[str, object]:
        """What the record holds from its beginning, beside what create.lua adds."""
        fields: dict[str, object] = {
            "schema": SCHEMA,
            "stage": self.steps[0],
            "steps": json.dumps(self.steps),
            "results_bytes": results_bytes(self.steps, self.model),
            "request_id": self.request_id,
            "photo": self.photo.model_dump_json(),
            "depth": self.depth.model_dump_json(),
            "model": self.model.model_dump_json(),
        }
        optional = {"disparity": self.disparity, "webhook": self.webhook}
        return fields | {name: one.model_dump_json() for name, one in optional.items() if one}
