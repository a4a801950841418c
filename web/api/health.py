"""Is this process alive, and can jobs be done?"""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, jsonify

from web.api.openapi import Operation
from web.api.schemas import WorkerCount
from web.rates import Rate
from web.services import services

blueprint = APIBlueprint("health", __name__)


@blueprint.get("/healthz")
@Rate.UNCOUNTED
@Operation({200: WorkerCount})
def alive() -> Response:
    """200 while this process answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@Rate.UNCOUNTED
@Operation({200: WorkerCount, 503: WorkerCount})
def ready() -> tuple[Response, int]:
    """200 when Redis answers and each stage has a worker alive, else 503; says how many there are."""
    alive = {str(stage): len(known.workers) for stage, known in services().statistics.by_stage().items()}
    return jsonify(workers=alive), 200 if all(alive.values()) else 503
