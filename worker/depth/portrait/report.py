"""How far a portrait's depth can be trusted, point by point, and what a person should know of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import cv2
import numpy as np

from shared.cloud.camera import Intrinsics
from worker.box import Box
from worker.depth.estimator import Photo
from worker.depth.portrait.grid import distance_px
from worker.depth.portrait.lens import Lens
from worker.geometry.camera import CameraSource
from worker.person.face import Face, Pose
from worker.person.scale import Scale


@dataclass(frozen=True)
class ConfidenceSettings:
    """Confidence from 0 to 1; set by hand, no data is recorded."""

    face: float = 1.0  # of the face seen from the front
    extended: float = 0.45  # of what anatomy says
    rim: float = 0.15  # at the silhouette
    reach: float = 0.02  # of the depth map's longer side: over which confidence rises from the rim and from the mesh


@dataclass(frozen=True)
class AdviceSettings:
    """From where on a better photo is advised; set by hand, no data is recorded."""

    selfie_mm: float = 400.0  # a nearer camera distorts the face
    most_yaw_deg: float = 40.0
    most_pitch_deg: float = 30.0
    least_sharpness: float = 0.25  # 0 to 1, see `sharpness_of`
    least_face_px: float = 100.0  # width
    sharpness_side_px: int = 192  # the face is brought to this size before its sharpness is measured
    sharp_detail: float = 0.03  # finest detail by contrast of a sharp face


MEASURED: tuple[CameraSource, ...] = ("given", "exif")
"""Lenses by which a person may be told to stand elsewhere: of a network's, a lone face says little but its shape."""
CONFIDENCE, ADVICE = ConfidenceSettings(), AdviceSettings()
ON_ITS_SIDE = "The photo lies on its side: the 3D model was set upright; the depth map lies as the photo does."
UPSIDE_DOWN = "The photo is upside down: the 3D model was set upright; the depth map lies as the photo does."
LYING = (None, ON_ITS_SIDE, UPSIDE_DOWN, ON_ITS_SIDE)
"""What is said of a photo by the quarter turns that set it upright."""


def confidence_of(
    depth: np.ndarray, face: np.ndarray, camera: Intrinsics, hidden: np.ndarray | None = None
) -> np.ndarray:
    """Confidence of a portrait's depth.

    Args:
        depth: (H, W) mm, NaN outside the person.
        face: (H, W) mm, NaN outside the face mesh.
        camera: intrinsics of that grid.
        hidden: (H, W) bool, parts of the face that the photo does not show; None where it shows all.
    Returns:
        (H, W) float32: `face` where the face is seen from the front, less where it turns away, `extended` on what was
        extended and on what is hidden, down to `rim` at the silhouette, 0 outside.
    """
    reach_px = max(depth.shape) * CONFIDENCE.reach
    person, on_face = np.isfinite(depth), np.isfinite(face)
    trust = np.full(depth.shape, CONFIDENCE.extended, np.float32)
    box = Box.round(on_face)
    seen = np.clip(distance_px(box.of(on_face)) / reach_px, 0, 1) * _frontality(box.of(depth), box.of_camera(camera))
    if hidden is not None:
        seen[box.of(hidden)] = 0
    box.of(trust)[:] += (CONFIDENCE.face - CONFIDENCE.extended) * seen
    box, confidence = Box.round(person), np.zeros(depth.shape, np.float32)
    padded = np.pad(box.of(person), 1, mode="edge")  # the photo's own border is no silhouette
    inside = np.clip(distance_px(padded)[1:-1, 1:-1] / reach_px, 0, 1)
    part = CONFIDENCE.rim + (box.of(trust) - CONFIDENCE.rim) * inside
    box.of(confidence)[:] = np.where(box.of(person), part, 0)
    return confidence


def report_on(
    photo: Photo,
    faces: list[Face],
    pose: Pose,
    scale: Scale,
    *,
    silhouette_found: bool,
    guessed: Sequence[str] = (),
    lenses: Sequence[Lens] = (),
) -> dict[str, Any]:
    """The report of a portrait.

    Args:
        photo: the whole one, set upright.
        faces: found in it, the one used first.
        pose: of the head, in mm.
        scale: what makes its size known.
        silhouette_found: whether hair, neck and shoulders are there.
        guessed: words for the parts of the face that the photo does not show.
        lenses: what each source says of the photo's lens, in the order in which they are asked.
    """
    sharpness = sharpness_of(photo.pixels, faces[0])
    distance_mm = float(np.linalg.norm(pose.eyes))
    width_px = faces[0].box[2] - faces[0].box[0]
    as_stored = [face.turned(-photo.quarters, photo.size_wh) for face in faces]
    known_mm = distance_mm if photo.camera_source in MEASURED else None
    better = hidden_advice(guessed) or _advice(known_mm, width_px, sharpness, pose, silhouette_found)
    return {
        "face_found": True,
        "faces_in_photo": len(faces),
        "faces": faces_of(as_stored),
        "yaw_deg": round(pose.yaw_deg, 1),
        "pitch_deg": round(pose.pitch_deg, 1),
        "roll_deg": round(_half_turns(pose.roll_deg - 90 * photo.quarters), 1),
        "turned_deg": 90 * photo.quarters,
        "distance_mm": round(distance_mm),
        **photo.report(),
        **_lens_report(photo, lenses, scale.size),
        "scale": scale.report(),
        "face_width_px": round(width_px),
        "sharpness": round(sharpness, 2),
        "silhouette_found": silhouette_found,
        "metric": True,
        "guessed": list(guessed),
        "advice": " ".join(filter(None, (better, LYING[photo.quarters]))) or None,
    }


def _lens_report(photo: Photo, lenses: Sequence[Lens], size: float) -> dict[str, Any]:
    """What each source says of the lens, which is used, and why those before it are not."""
    used = photo.camera_source
    before = takewhile(lambda lens: lens.source != used, lenses)
    return {
        "camera_note": " ".join(lens.doubt for lens in before if lens.doubt) or None,
        "lens": {"used": used, "candidates": [lens.report(size, photo.quarters) for lens in lenses]},
    }


def faces_of(faces: list[Face]) -> list[dict[str, Any]]:
    """The faces as the API lists them, largest first; in pixels of the photo. The first one given is the chosen one."""
    listed = sorted(faces, key=lambda face: face.box[0] - face.box[2])
    return [
        {
            "box": [round(edge) for edge in face.box],
            "width_px": round(face.box[2] - face.box[0]),
            "chosen": face is faces[0],
            "score": round(face.score, 2),
        }
        for face in listed
    ]


def sharpness_of(pixels: np.ndarray, face: Face) -> float:
    """How sharp a face is, 0 blurred to 1 sharp: its finest detail against its contrast, at a fixed size."""
    left, top, right, bottom = (int(value) for value in face.box)
    part = pixels[max(0, top) : max(1, bottom), max(0, left) : max(1, right)]
    if not part.size:
        return 0.0
    gray = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY).astype(np.float32)
    small = cv2.resize(gray, (ADVICE.sharpness_side_px,) * 2, interpolation=cv2.INTER_AREA)
    detail = float(np.abs(small - cv2.GaussianBlur(small, (0, 0), 1.5)).mean())
    return float(np.clip(detail / (float(small.std()) + 1e-6) / ADVICE.sharp_detail / 2, 0, 1))


def hidden_advice(guessed: Sequence[str]) -> str | None:
    """One sentence about parts of the face that the photo does not show; None where it shows all."""
    if not guessed:
        return None
    return f"The photo does not show {in_words(guessed)} of the face, so that is guessed: show all of the face."


def in_words(parts: Sequence[str]) -> str:
    """A list of parts, one at least, as a sentence has it: "the mouth and the chin"."""
    named = [f"the {part}" for part in parts]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"


def _advice(
    distance_mm: float | None, width_px: float, sharpness: float, pose: Pose, silhouette_found: bool
) -> str | None:
    """One sentence about the photo that would be better; the worst trouble first, None where all is well.

    The distance is None where the focal length, on which it hangs, is assumed or a network's.
    """
    if distance_mm is not None and distance_mm < ADVICE.selfie_mm:
        return f"Taken from about {distance_mm / 10:.0f} cm: 40 cm or more distort the face less."
    if width_px < ADVICE.least_face_px:
        return f"The face is {width_px:.0f} pixels wide: 200 or more show its shape better."
    if sharpness < ADVICE.least_sharpness:
        return "The face is blurred: a sharp photo shows its shape better."
    if abs(pose.yaw_deg) > ADVICE.most_yaw_deg or abs(pose.pitch_deg) > ADVICE.most_pitch_deg:
        return "The face is turned far away: half of it is guessed; look towards the camera."
    if not silhouette_found:
        return (
            "The person could not be told from the background, so that only the face is shown: a plain background of "
            "another colour works best."
        )
    return None


def _half_turns(degrees: float) -> float:
    """The same angle from -180 to 180."""
    return (degrees + 180) % 360 - 180


def _frontality(depth: np.ndarray, camera: Intrinsics) -> np.ndarray:
    """(H, W) cosine between the surface's normal and the ray to the camera; 0 where it is unknown.

    With a ray (x, y, 1), the normal is (-p, -q, 1 + p x + q y), where p and q are the slopes of the depth's logarithm
    in x and y: its product with the ray is 1.
    """
    v, u = np.ogrid[: camera.height, : camera.width]
    x, y = (u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy
    down, right = np.gradient(depth)
    p, q = camera.fx * right / depth, camera.fy * down / depth
    cosine = 1 / np.sqrt((p**2 + q**2 + (1 + p * x + q * y) ** 2) * (1 + x**2 + y**2))
    return np.where(np.isfinite(cosine), cosine, 0)
