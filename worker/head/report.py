"""The report of a whole head: how it fits, how it is posed, its measures, and what of it is a guess."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.head.head import Measure, WholeHead
from worker.person.face import Pose

NO_FACE = "no whole head: no face was found in the photo"
NO_OUTLINE = "no whole head: the person could not be told from the background"
NO_FIT = "no whole head: none fits the face that was found; a photo that shows all of the face works best"
OLD = "no whole head: the depth map is of a release that fitted none; estimate the depth again"
LEAST_WEIGHT = 0.01  # an expression below this is not seen


def head_report(head: WholeHead, *, fit_error_mm: float, unseen: Sequence[str]) -> dict[str, Any]:
    """The report of a head, JSON values only.

    Args:
        head: the head.
        fit_error_mm: what was left between the head model and the face's landmarks.
        unseen: words for the parts that the photo does not show.
    """
    pose = Pose(head.rotation, head.eyes_mm)
    return {
        "found": True,
        "fit_error_mm": round(fit_error_mm, 2),
        "yaw_deg": round(pose.yaw_deg, 1),
        "pitch_deg": round(pose.pitch_deg, 1),
        "roll_deg": round(pose.roll_deg, 1),
        "expression": {name: round(float(each), 2) for name, each in head.weights.items() if each >= LEAST_WEIGHT},
        "measures": [_measure(measure) for measure in head.measures],
        "unseen": list(unseen),
        "parts": [part.name for part in head.parts],
    }


def no_head_report(depth: Mapping[str, Any], *, fitted: bool) -> dict[str, Any]:
    """Why there is no whole head, from the report of the depth map, and whether one was fitted at all."""
    if not depth.get("face_found"):
        return {"found": False, "reason": NO_FACE}
    if not depth.get("silhouette_found"):
        return {"found": False, "reason": NO_OUTLINE}
    return {"found": False, "reason": NO_FIT if fitted else OLD}


def _measure(measure: Measure) -> dict[str, Any]:
    return {
        "name": measure.name,
        "length_mm": round(float(measure.length_mm), 1),
        "error_mm": round(float(measure.error_mm), 1),
    }
