"""What is known of a head as JSON: landmarks, measures, expression, pose."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from shared.head.head import Measure, WholeHead
from worker.export.head.source import HeadSource, y_up
from worker.person.face import Pose

DIGITS = 3  # of mm
FRAME = {
    "unit": "mm",
    "axes": "x to the right of the photo, y up, z towards the viewer; the camera is the origin",
    "files": "the meshes of head.glb have the same axes in metres, those of head.usdz and head.obj.zip in mm; in "
    "head.glb and head.usdz their parent moves them onto the floor; head.stl stands on z = 0",
}
POSE = {
    "rotation": "columns: the head's directions from its right to its left, up, and to the front",
    "yaw_deg": "positive when the face looks to the right of the photo",
    "pitch_deg": "positive when the face looks up",
    "roll_deg": "positive when the top of the head leans to the right of the photo",
}


def head_json(source: HeadSource) -> bytes:
    """Landmarks and measures of the neutral face, the photo's expression and pose; no NaN.

    Raises:
        ValueError: a number is not finite.
    """
    head = source.head
    document = {
        "made": dict(source.facts),
        "frame": FRAME,
        "landmarks": {name: _point(point) for name, point in head.landmarks.items()},
        "measures": [_measure(measure) for measure in head.measures],
        "expressions": list(head.expressions),
        "weights": {name: round(float(weight), DIGITS) for name, weight in head.weights.items() if weight},
        "pose": _pose(head),
    }
    return json.dumps(document, indent=1, allow_nan=False, ensure_ascii=False).encode()


def _point(point: np.ndarray) -> list[float]:
    return [round(float(value), DIGITS) for value in y_up(np.asarray(point))]


def _measure(measure: Measure) -> dict[str, Any]:
    lengths = {"length_mm": round(float(measure.length_mm), 2), "error_mm": round(float(measure.error_mm), 2)}
    return {"name": measure.name, **lengths, "ends": [_point(end) for end in measure.ends]}


def _pose(head: WholeHead) -> dict[str, Any]:
    pose = Pose(head.rotation, head.eyes_mm)
    axes = y_up(y_up(head.rotation).T).T  # both frames, that of the photo and the head's own, are turned
    degrees = {name: round(getattr(pose, name), 2) for name in ("yaw_deg", "pitch_deg", "roll_deg")}
    return {
        **degrees,
        "rotation": [[round(float(value), 5) for value in row] for row in axes],
        "eyes": _point(head.eyes_mm),
        "meaning": POSE,
    }
