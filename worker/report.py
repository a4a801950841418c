"""The report of a job: what was found, what became of it, what made it, and how far its lengths can be trusted."""

from __future__ import annotations

from typing import Any

from shared import __version__
from shared.options import PUPIL_DISTANCE_MM, DepthOptions, ModelOptions
from worker.depth import registry

CAMERA_SOURCES = {
    "given": "measured with the field of view that was given",
    "exif": "measured with the focal length in the photo's metadata",
    "network": "measured by the lens that the depth network sees",
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


def lengths_of(depth: dict[str, Any], *, unit: str, pupil_distance_mm: float | None) -> dict[str, str]:
    """What is metric and what is not, in words, for each part of the result; depth is the estimator's report.

    `pupil_distance_mm` is what the user gave; it is asked for where the depth's report, an old one, says no scale.
    """
    if unit != "mm":
        return {"everything": "relative: nearer and further are told apart, but no length is known"}
    if depth.get("face_found") is False:
        return {"everything": "metric by the network's word alone: there is no face whose size would correct it"}
    given = {"pupil_distance_mm": pupil_distance_mm, "source": "given"} if pupil_distance_mm else {}
    scale = depth.get("scale", given)
    return {
        "face": f"metric, if the pupils are {_pupils(scale)}{_guessed(depth)}",
        "beside the face": _beside(depth),
        "distance from the camera": _distance(depth),
    }


def _guessed(depth: dict[str, Any]) -> str:
    """The parts of the face that the photo does not show."""
    parts = depth.get("guessed")
    return f"; not seen, and guessed: {', '.join(parts)}" if parts else ""


def _distance(depth: dict[str, Any]) -> str:
    note = depth.get("camera_note")
    source = depth.get("camera", "assumed")
    if note and source == "assumed":
        return f"a guess. {note}"
    return ". ".join(filter(None, (CAMERA_SOURCES[source], note)))


def _pupils(scale: dict[str, Any]) -> str:
    """How far apart the pupils are, and where that is from; for the estimator's report of the scale."""
    apart = f"{scale.get('pupil_distance_mm', PUPIL_DISTANCE_MM):g} mm apart"
    seen, source = scale.get("irises_mm"), scale.get("source", "assumed")
    if source == "assumed":
        return f"{apart}, as they are in adults on average"
    if seen is None:
        return f"{apart}, as was given"
    less_percent = 100 * (seen / PUPIL_DISTANCE_MM - 1)
    irises = f"the irises say {seen:g}, which is {less_percent:+.0f} % against the mean of adults"
    return f"{apart}, as was given; {irises}" if source == "given" else f"{apart}: {irises}, and count by their error"


def _beside(depth: dict[str, Any]) -> str:
    """Where hair, neck, shoulders and what is behind have their depth from."""
    if depth.get("anchored"):
        return "the network's layout, at the scale of the face and of a body of average depth"
    noise = "the depth map looked like noise, and was not used; " if "network" in depth else ""
    if depth.get("silhouette_found"):
        return noise + "a guess: a head and shoulders of average build within the outline in the photo"
    return noise + "nothing: no outline of the person was found"
