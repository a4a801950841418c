"""The report of a job: what was found, what became of it, what made it, and how far its lengths can be trusted."""

from __future__ import annotations

from typing import Any

from shared.options import DepthOptions, ModelOptions
from worker import __version__
from worker.depth import registry

CAMERA_SOURCES = {
    "given": "measured with the field of view that was given",
    "exif": "measured with the focal length in the photo's metadata",
    "assumed": "a guess: the photo does not say its focal length",
}


def report_of(
    depth: dict[str, Any],
    cloud: dict[str, Any],
    *,
    model: str,
    depth_options: DepthOptions,
    model_options: ModelOptions,
) -> dict[str, Any]:
    """The whole report, JSON values only, from those of estimator and point cloud, and what the user chose."""
    return {
        **made_by(model),
        "version": __version__,
        "settings": {"depth": depth_options.model_dump(), "model": model_options.model_dump()},
        "depth": depth,
        "cloud": cloud,
        "lengths": lengths_of(depth, unit=cloud["unit"], pupil_distance_mm=depth_options.pupil_distance_mm),
    }


def made_by(model: str) -> dict[str, Any]:
    """The depth model's name and the licence of its weights, which a model that is not in the registry has not."""
    row = registry.ROWS.get(model)
    licence = {"licence": row.licence, "non_commercial": row.non_commercial} if row else {}
    return {"model": model} | licence


def lengths_of(depth: dict[str, Any], *, unit: str, pupil_distance_mm: float) -> dict[str, str]:
    """What is metric and what is not, in words, for each part of the result; depth is the estimator's report."""
    if unit != "mm":
        return {"everything": "relative: nearer and further are told apart, but no length is known"}
    return {
        "face": f"metric, if the pupils are {pupil_distance_mm:g} mm apart",
        "beside the face": _beside(depth),
        "distance from the camera": CAMERA_SOURCES[depth.get("camera", "assumed")],
    }


def _beside(depth: dict[str, Any]) -> str:
    """Where hair, neck, shoulders and what is behind have their depth from."""
    if depth.get("anchored"):
        return "the network's layout, at the scale of the face and of a body of average depth"
    noise = "the depth map looked like noise, and was not used; " if "network" in depth else ""
    if depth.get("silhouette_found"):
        return noise + "a guess: a head and shoulders of average build within the outline in the photo"
    return noise + "nothing: no outline of the person was found"
