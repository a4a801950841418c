"""The embedded default depth model: a photo of a person to metric depth, by landmarks, silhouette and anatomy."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from shared.cloud.camera import Intrinsics
from shared.cloud.classes import PointClass
from shared.errors import NoFaceError, PhotoError
from worker.depth.estimator import DepthMap, Early, Photo, grid_size_wh
from worker.depth.portrait.anatomy import head_and_shoulders, skull_frame
from worker.depth.portrait.bust import person_depth
from worker.depth.portrait.lens import plausible, settled_lens
from worker.depth.portrait.placing import surface_of
from worker.depth.portrait.report import confidence_of, report_on
from worker.depth.portrait.rough import all_upright
from worker.depth.portrait.shading import refine
from worker.depth.prediction import Prediction
from worker.head.cover import cover_mm, covered
from worker.head.fit.fit import fit_head
from worker.head.fit.head_fit import HeadFit
from worker.head.fit.outline import PersonOutline
from worker.head.model.load import head_model
from worker.head.surface import Seen, seen
from worker.person.face import Face, Pose, points_mm
from worker.person.finder import PersonFinder
from worker.person.hidden import EYES, hidden_pixels
from worker.person.landmarks import LANDMARKS
from worker.person.person import Person
from worker.person.scale import scale_of

NO_FACE = (
    "No face was found in the photo. A sharp photo of one person works, with the face turned to the camera, "
    "lit evenly, and at least 60 pixels wide."
)
PATTERN_MARGIN_PARTS = 45.0
"""The face's side divided by this is how far round eyes, brows and lips brightness is left out; set by hand."""


@dataclass(frozen=True)
class Bust:
    """A person: the whole depth map, and the face's own depth (H, W) mm, NaN beside it.

    silhouette_found: whether hair, neck and shoulders are there, or the face alone.
    within: (H, W) bool, what was asked for of the photo, the cut of head and shoulders; None for all of it.
    """

    depth_map: DepthMap
    face: np.ndarray
    silhouette_found: bool
    within: np.ndarray | None = None


class Portrait:
    """Estimates metric depth of the person whose face is largest."""

    def __init__(self, folder: Path) -> None:
        """Load the networks from the folder that holds their files; see `PersonFinder`."""
        self._finder = PersonFinder(folder)
        self._model = head_model()
        self._beside = ThreadPoolExecutor(1)  # outlines are found beside the face's surface: neither needs the other

    def estimate(self, photos: Sequence[Photo], early: Early | None = None) -> list[DepthMap | PhotoError]:
        """Depth of each photo; one without a face gives NoFaceError in its place."""
        return [self.depth_of(*found) for found in all_upright(self, photos, early)]

    def depth_of(self, upright: Photo, faces: list[Face]) -> DepthMap | NoFaceError:
        """Depth of a photo from what `upright` found in it, as the photo lies; the error where there is no face."""
        if not faces:
            return NoFaceError(NO_FACE)
        return self.bust_of(upright, faces).depth_map.turned(-upright.quarters)

    def faces_of(self, photo: Photo) -> list[Face]:
        """The faces in a photo: the chosen one, or the largest, first."""
        return self._finder.find_faces(photo.pixels, photo.face_uv)

    def upright(self, photo: Photo) -> tuple[Photo, list[Face]]:
        """A photo turned by quarters until its person stands upright, and the faces in it, as `faces_of` has them."""
        faces = self.faces_of(photo)
        quarters = self._finder.quarters_to_upright(photo.pixels, faces[0]) if faces else 0
        if not quarters:
            return photo, faces
        turned = photo.turned(quarters)
        return turned, self.faces_of(turned) or [face.turned(quarters, photo.size_wh) for face in faces]

    def bust_of(self, photo: Photo, faces: list[Face], prediction: Prediction | None = None) -> Bust:
        """The person whose face is the first, with the part of the surface that landmarks vouch for.

        Args:
            photo: the photo.
            faces: found in it, at least one.
            prediction: a network's, on the photo's grid; None where there is none.
        """
        photo, lenses = settled_lens(photo, faces[0], prediction)
        camera, pixels = _on_grid(photo)
        width, height = photo.size_wh
        face, *others = (one.scaled((camera.width / width, camera.height / height)) for one in faces)
        guessed = self._finder.hidden_parts(pixels, face)
        outlining = self._beside.submit(self._finder.person, pixels, face, others)
        scale = scale_of(face, camera, photo.pupil_distance_mm, eyes_seen=not EYES.intersection(guessed))
        size = scale.size  # all lengths here are those of a head of mean size
        if photo.camera_source == "assumed":
            camera = plausible(camera, face, size)
        points = points_mm(face.landmarks, camera)
        surface, pose = surface_of(points, camera)
        face_depth = refine(surface, pixels, camera, patterns_of(face, camera))
        person = outlining.result()
        depth, whole = face_depth, None
        if person.outline_found:
            fit, head = self._head(points, person, np.isfinite(face_depth), camera)
            depth, whole = person_depth(face_depth, person, head, camera, pose), fit.sized(size)
        within = head_and_shoulders(skull_frame(pose, camera)) if photo.extent == "bust" else None
        if within is not None:
            depth = np.where(within, depth, np.nan)
        unseen = hidden_pixels(face, guessed, depth.shape) if guessed else None
        confidence = confidence_of(depth, face_depth, camera, unseen)
        true_pose = Pose(pose.axes, size * pose.eyes)
        report = report_on(
            photo,
            faces,
            true_pose,
            scale,
            silhouette_found=person.outline_found,
            guessed=guessed,
            lenses=lenses,
        )
        depth_map = DepthMap((size * depth).astype(np.float32), camera, "mm", confidence, report, person, head=whole)
        return Bust(
            depth_map, (size * face_depth).astype(np.float32), silhouette_found=person.outline_found, within=within
        )

    def _head(
        self, points: np.ndarray, person: Person, on_face: np.ndarray, camera: Intrinsics
    ) -> tuple[HeadFit, Seen]:
        """The head that was fitted to landmarks (468, 3) mm and to the person's outline, and what is seen of it."""
        outline = PersonOutline.of(person.mask, person.classes, camera)
        fit = fit_head(points, self._model, outline)
        bare = on_face & (person.classes == PointClass.SKIN)
        thickness = cover_mm(fit, self._model, outline, bare, camera)
        return fit, seen(covered(fit, self._model, thickness), self._model, camera)


def _on_grid(photo: Photo) -> tuple[Intrinsics, np.ndarray]:
    """The depth map's grid and the photo on it."""
    size_wh = grid_size_wh(photo.size_wh)
    camera = photo.camera(size_wh)
    if size_wh == photo.size_wh:
        return camera, photo.pixels
    return camera, cv2.resize(photo.pixels, size_wh, interpolation=cv2.INTER_AREA)


def patterns_of(face: Face, camera: Intrinsics) -> np.ndarray:
    """(H, W) bool: eyes, brows and lips of a face, and a little round them."""
    image = np.zeros((camera.height, camera.width), np.uint8)
    for rim in LANDMARKS.patterns:
        cv2.fillPoly(image, [np.rint(face.landmarks[list(rim), :2]).astype(np.int32)], 1)
    reach = 2 * int(face.side / PATTERN_MARGIN_PARTS) + 1
    return cv2.dilate(image, np.ones((reach, reach))) > 0
