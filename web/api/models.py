"""What can be chosen: the depth models that the workers have, and the settings of each stage."""

from __future__ import annotations

from dataclasses import asdict

from apiflask import APIBlueprint
from flask import Response, jsonify

from shared.options import DepthOptions, ModelOptions
from shared.results import RESULTS
from web.api.openapi import Operation
from web.api.schemas import ModelList, OptionList
from web.services import services

blueprint = APIBlueprint("models", __name__)


@blueprint.get("/models")
@Operation({200: ModelList})
def models() -> Response:
    """The depth models, and which of them are ready."""
    return jsonify(asdict(services().workers.offered()))


@blueprint.get("/options")
@Operation({200: OptionList})
def options() -> Response:
    """Every setting as JSON Schema: type, range, default and help; and each file that a job may have."""
    document = {
        "depth": DepthOptions.model_json_schema(),
        "model": ModelOptions.model_json_schema(),
        "results": list(RESULTS.values()),
    }
    return jsonify(document)  # the form has the same order
