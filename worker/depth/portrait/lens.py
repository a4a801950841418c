"""Which lens a photo has: what each source says of it, and which of them the face bears out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import cv2
import numpy as np

from shared.cloud.camera import Intrinsics
from worker.depth.estimator import Photo
from worker.depth.portrait.placing import surface_of
from worker.depth.prediction import Prediction
from worker.geometry.camera import CameraSource, backed_off, camera_for, implausible_distance
from worker.geometry.fuse.fit import visibility
from worker.geometry.fuse.robust_line import robust_line
from worker.person.face import Face, head_pose, points_mm


@dataclass(frozen=True)
class ReliefSettings:
    """When a network's lens fits a face. Chosen on predictions made from the rendered heads h0 to h7.

    Their relief is 0.85 to 1.16 by the true lens; 0.64 to 0.86 where the face is drawn as flat as users report, and
    0.50 to 0.69 where the head is 0.6 times as deep: both are better with that lens. Where a lens half or twice as long
    made all depths as much smaller or larger it is 0.42 to 0.57 or 1.69 to 2.36: heads, or distances, are better
    without. A blur of 10 mm moves it by 6 to 13 %, one of 20 mm by a quarter or, with what is behind, to twice.
    """

    plausible: tuple[float, float] = (0.55, 1.6)  # the network's relief of the face by that of the landmarks
    least_side: float = 0.1  # of the photo's longer side: a smaller face is blurred by a network, and tells nothing
    face_px: float = 64.0  # the face's longer side on the grid of the comparison
    least_px: int = 100  # of that grid, on which both are seen
    least_visibility: float = 0.1  # of a pixel of the face, next to 1 of one that is seen squarely


RELIEF = ReliefSettings()
WORDS: Mapping[CameraSource, str] = {"exif": "The lens in the photo's metadata", "network": "The network's lens"}


@dataclass(frozen=True)
class Lens:
    """What one source says of a photo's lens.

    camera: on the photo's own pixels; None where the source's number was dropped before.
    face: in the photo's pixels.
    doubt: why it is not believed, a sentence; None where it is.
    relief: of a network, how deep it sees the face next to the landmarks, both by its lens; None where that is unknown.
    """

    source: CameraSource
    camera: Intrinsics | None
    face: Face
    doubt: str | None = None
    relief: float | None = None

    @cached_property
    def distance_mm(self) -> float | None:
        """How far away a face of mean size is by this lens."""
        return None if self.camera is None else face_distance_mm(self.face, self.camera)

    def report(self, size: float, quarters: int) -> dict[str, Any]:
        """JSON values; the face has that relative size, and the photo lies by so many quarter turns off."""
        camera, distance_mm = self.camera, self.distance_mm
        if camera is not None and distance_mm is not None:
            used = backed_off(camera, size * distance_mm) if self.source == "assumed" else camera
            distance_mm *= size * used.fx / camera.fx
            camera = used.turned(-quarters)
        values: dict[str, Any] = {
            "source": self.source,
            "fov_x_deg": camera and round(camera.fov_x_deg, 1),
            "face_distance_mm": distance_mm and round(distance_mm),
            "believed": self.doubt is None,
            "why": self.doubt,
        }
        relief = {} if self.relief is None else {"relief_to_landmarks": round(self.relief, 2)}
        return values | relief


def settled_lens(photo: Photo, face: Face, prediction: Prediction | None = None) -> tuple[Photo, tuple[Lens, ...]]:
    """The photo by the first lens that is believed, and all that there are, in the order in which they are asked.

    Args:
        photo: set upright.
        face: found in it, in its pixels.
        prediction: a network's, on the photo's grid; None where there is none.
    """
    lenses = tuple(_lenses(photo, face, prediction))
    believed = {lens.source: lens for lens in lenses if lens.doubt is None}
    doubts = {lens.source: lens.doubt for lens in lenses}
    if photo.camera_source == "exif" and doubts["exif"]:
        photo = replace(photo, focal_35mm=None, focal_doubt=doubts["exif"])
    network = believed.get("network")
    fov_x_deg = network.camera.fov_x_deg if network and network.camera else None
    return replace(photo, network_fov_x_deg=fov_x_deg), lenses


def plausible(camera: Intrinsics, face: Face, size: float) -> Intrinsics:
    """A camera of assumed focal length, backed off until a head of that relative size is not implausibly near."""
    return backed_off(camera, size * face_distance_mm(face, camera))


def face_distance_mm(face: Face, camera: Intrinsics) -> float:
    """How far the eyes of a face of mean size are from the camera."""
    return float(np.linalg.norm(head_pose(points_mm(face.landmarks, camera)).eyes))


def relief_ratio(prediction: Prediction, face: Face) -> float | None:
    """How deep a network sees a face, next to its landmarks: 1 where they agree on its shape, by the network's lens.

    Neither depends on the other's size. Landmarks have the same relief by any lens, while depths that stay in
    proportion have half of it by a lens that is twice too wide. A network that draws faces flat looks like one with
    too wide a lens.

    Args:
        prediction: with a camera.
        face: on its grid.
    Returns:
        None where the network's depth has no zero, or the face is not seen well enough.
    """
    if prediction.camera is None or prediction.scale == "affine":
        return None
    depth, surface, weight = _on_coarse_grid(prediction, prediction.camera, face)
    both = np.isfinite(depth) & (weight > RELIEF.least_visibility)
    if both.sum() < RELIEF.least_px:
        return None
    theirs, ours = (values[both] / np.median(values[both]) for values in (depth, surface))
    return robust_line(ours, theirs, weight[both].astype(float)).slope


def _lenses(photo: Photo, face: Face, prediction: Prediction | None) -> Iterator[Lens]:
    size_wh = photo.size_wh
    if photo.fov_x_deg is not None:
        yield Lens("given", camera_for(size_wh, size_wh, photo.fov_x_deg), face)
    if photo.focal_35mm:
        yield _checked("exif", camera_for(size_wh, size_wh, None, photo.focal_35mm), face)
    elif photo.focal_doubt:
        yield Lens("exif", None, face, photo.focal_doubt)
    if prediction is not None and prediction.camera is not None:
        yield _network_lens(photo, face, prediction, prediction.camera)
    yield Lens("assumed", camera_for(size_wh, size_wh), face)


def _network_lens(photo: Photo, face: Face, prediction: Prediction, camera: Intrinsics) -> Lens:
    """A network's lens, checked by the face; a small face tells no more than its distance."""
    width, height = photo.size_wh
    lens = _checked("network", camera.resized(photo.size_wh), face)
    if lens.doubt or face.side < RELIEF.least_side * max(width, height):
        return lens
    relief = relief_ratio(prediction, face.scaled((camera.width / width, camera.height / height)))
    return replace(lens, relief=relief, doubt=_doubt("network", _implausible_relief(relief)))


def _checked(source: CameraSource, camera: Intrinsics, face: Face) -> Lens:
    """A lens, doubted where the face would be implausibly near or far by it."""
    share = (face.box[2] - face.box[0]) / math.hypot(camera.width, camera.height)
    what = implausible_distance(face_distance_mm(face, camera), share)
    return Lens(source, camera, face, _doubt(source, what))


def _implausible_relief(relief: float | None) -> str | None:
    """What a face is that a network sees so deep, where its lens cannot be right; None where it can."""
    if relief is None:
        return "of no shape that can be compared with its landmarks"
    least, most = RELIEF.plausible
    if relief <= 0:
        return "hollow where its landmarks stand out"
    if not least <= relief <= most:
        return f"{relief:.2g} times as deep as its landmarks are"
    return None


def _doubt(source: CameraSource, what: str | None) -> str | None:
    return what and f"{WORDS[source]} is not believed: by it the face is {what}."


def _on_coarse_grid(
    prediction: Prediction, camera: Intrinsics, face: Face
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A network's depth, NaN where it vouches for none, the landmarks' surface and its visibility: (h, w) each."""
    scale = min(1.0, RELIEF.face_px / face.side)
    coarse = camera.resized((max(1, round(camera.width * scale)), max(1, round(camera.height * scale))))
    face = face.scaled((coarse.width / camera.width, coarse.height / camera.height))
    disparity = cv2.resize(prediction.known, (coarse.width, coarse.height), interpolation=cv2.INTER_AREA)
    surface, _ = surface_of(points_mm(face.landmarks, coarse), coarse)
    return 1 / disparity, surface, visibility(surface, coarse)
