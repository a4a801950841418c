"""What a person should know of a portrait's result."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from worker.geometry.camera import CameraSource
from worker.person.face import Face
from worker.person.pose import Pose

SELFIE_MM = 400.0
MAX_YAW_DEG, MAX_PITCH_DEG = 40.0, 30.0
MIN_SHARPNESS = 0.25
MIN_FACE_PX = 100.0
SHARPNESS_SIDE = 192  # the face is brought to this size before its sharpness is measured
SHARP_DETAIL = 0.03  # detail of a sharp face, see `sharpness_of`


def report_on(
    pixels: np.ndarray, faces: list[Face], pose: Pose, *, silhouette_found: bool, camera: CameraSource
) -> dict[str, Any]:
    """The report of a portrait.

    Args:
        pixels: (H, W, 3) uint8 RGB, the whole photo.
        faces: found in it, the one used first.
        pose: of the head, in mm.
        silhouette_found: whether hair, neck and shoulders are there.
        camera: where its focal length, and with that the distance, is known from.
    """
    sharpness = sharpness_of(pixels, faces[0])
    distance = float(np.linalg.norm(pose.eyes))
    return {
        "face_found": True,
        "faces_in_photo": len(faces),
        "yaw_deg": round(pose.yaw_deg, 1),
        "pitch_deg": round(pose.pitch_deg, 1),
        "distance_mm": round(distance),
        "camera": camera,
        "face_width_px": round(faces[0].box[2] - faces[0].box[0]),
        "sharpness": round(sharpness, 2),
        "silhouette_found": silhouette_found,
        "metric": True,
        "advice": _advice(distance if camera != "assumed" else None, sharpness, faces[0], pose, silhouette_found),
    }


def sharpness_of(pixels: np.ndarray, face: Face) -> float:
    """How sharp a face is, 0 blurred to 1 sharp: its finest detail against its contrast, at a fixed size."""
    left, top, right, bottom = (int(value) for value in face.box)
    part = pixels[max(0, top) : max(1, bottom), max(0, left) : max(1, right)]
    if not part.size:
        return 0.0
    gray = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY).astype(np.float32)
    small = cv2.resize(gray, (SHARPNESS_SIDE, SHARPNESS_SIDE), interpolation=cv2.INTER_AREA)
    detail = float(np.abs(small - cv2.GaussianBlur(small, (0, 0), 1.5)).mean())
    return float(np.clip(detail / (float(small.std()) + 1e-6) / SHARP_DETAIL / 2, 0, 1))


def _advice(distance: float | None, sharpness: float, face: Face, pose: Pose, silhouette_found: bool) -> str | None:
    """One sentence about the photo that would be better; the worst trouble first, None where all is well.

    The distance is None where the focal length, on which it hangs, is only assumed.
    """
    width = face.box[2] - face.box[0]
    troubles = (
        (
            distance is not None and distance < SELFIE_MM,
            f"Taken from about {(distance or 0) / 10:.0f} cm: 40 cm or more distort the face less.",
        ),
        (width < MIN_FACE_PX, f"The face is {width:.0f} pixels wide: 200 or more show its shape better."),
        (sharpness < MIN_SHARPNESS, "The face is blurred: a sharp photo shows its shape better."),
        (
            abs(pose.yaw_deg) > MAX_YAW_DEG or abs(pose.pitch_deg) > MAX_PITCH_DEG,
            "The face is turned far away: half of it is guessed; look towards the camera.",
        ),
        (
            not silhouette_found,
            "The person could not be told from the background: a plain one of another colour works best.",
        ),
    )
    return next((advice for trouble, advice in troubles if trouble), None)
