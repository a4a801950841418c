"""What a depth model is, takes and gives, whichever network it runs."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from shared.cloud.camera import Intrinsics
from shared.cloud.pointcloud import Unit
from shared.cloud.quarters import turned, turned_uv
from shared.errors import PhotoError
from shared.maps.disparity import Disparity
from shared.maps.points import PointMap
from shared.options import Extent, Focus
from worker.depth.prediction import Predicted, Prediction
from worker.depth.weights import Weights
from worker.geometry.camera import CameraSource, camera_for, camera_source, turned_fov_deg
from worker.geometry.fuse.focus import FaceBox
from worker.head.fit.head_fit import HeadFit
from worker.person.person import Person

GRID_LONG_SIDE_PX = 1024


def grid_size_wh(photo_size_wh: tuple[int, int]) -> tuple[int, int]:
    """The pixel grid of a photo's depth map: the photo's own, or scaled down to a long side of GRID_LONG_SIDE_PX.

    Args:
        photo_size_wh: width and height in pixels, both at least 1.
    Returns:
        Width and height of the grid, each at least 1.
    """
    width, height = photo_size_wh
    long_side = max(width, height)
    if long_side <= GRID_LONG_SIDE_PX:
        return width, height
    scale = GRID_LONG_SIDE_PX / long_side
    return max(1, round(width * scale)), max(1, round(height * scale))


@dataclass(frozen=True)
class Photo:
    """A decoded photo.

    pixels: (H, W, 3) uint8 RGB.
    focal_35mm: 35 mm equivalent focal length in mm (it keeps the diagonal angle of view), from EXIF; None where
        unknown.
    focal_doubt: why the focal length in EXIF is not believed; None where it is, or there is none.
    damage: what the picture lacks, because its file did; None where nothing.
    fov_x_deg: horizontal field of view if the user gave one; it goes before EXIF.
    network_fov_x_deg: the one that a network sees; it goes after EXIF, and before an assumption.
    pupil_distance_mm: what makes a face's size known, and with it everything's; None where the user does not know it.
    focus: "face" gives a face that is small in the photo a second pass, enlarged; "photo" does not.
    extent: "photo" gives the person as far as the photo shows them; "bust" cuts head and shoulders out in an ellipse.
    face_uv: a point of the photo, in pixels: of several people, the one whose face is nearest to it is meant; without
        it the one whose face is largest.
    disparity, points: a map of the whole photo that takes the place of a network's; points go first.
    quarters: quarter turns clockwise by which it was turned to set its person upright.
    """

    pixels: np.ndarray
    focal_35mm: float | None = None
    focal_doubt: str | None = None
    damage: str | None = None
    fov_x_deg: float | None = None
    pupil_distance_mm: float | None = None
    focus: Focus = "face"
    extent: Extent = "photo"
    face_uv: tuple[float, float] | None = None
    disparity: Disparity | None = None
    points: PointMap | None = None
    quarters: int = 0
    network_fov_x_deg: float | None = None

    def turned(self, quarters: int) -> Photo:
        """The photo turned clockwise by so many quarter turns, and all that is known of it."""
        return replace(
            self,
            pixels=turned(self.pixels, quarters),
            fov_x_deg=turned_fov_deg(self.fov_x_deg, self.size_wh, quarters),
            network_fov_x_deg=turned_fov_deg(self.network_fov_x_deg, self.size_wh, quarters),
            face_uv=tuple(turned_uv(np.array(self.face_uv), self.size_wh, quarters).tolist()) if self.face_uv else None,
            disparity=self.disparity and self.disparity.turned(quarters),
            points=self.points and self.points.turned(quarters),
            quarters=(self.quarters + quarters) % 4,
        )

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def camera_source(self) -> CameraSource:
        """Where the focal length is known from; "assumed" where from nowhere."""
        return camera_source(self.fov_x_deg, self.focal_35mm, self.network_fov_x_deg)

    def camera(self, grid_size_wh: tuple[int, int]) -> Intrinsics:
        """Its camera on a grid over the whole photo, by what is known of its lens; see `camera_for`."""
        fov_x_deg = self.network_fov_x_deg if self.camera_source == "network" else self.fov_x_deg
        return camera_for(self.size_wh, grid_size_wh, fov_x_deg, self.focal_35mm)

    def report(self) -> dict[str, str | None]:
        """What a person should know of the photo's file: where its lens is known from, and what is wrong with it."""
        doubt = self.focal_doubt if self.camera_source in ("network", "assumed") else None
        return {"camera": self.camera_source, "camera_note": doubt, "photo_note": self.damage}


@dataclass(frozen=True)
class DepthMap:
    """Depth along the optical axis on a pixel grid over the whole photo.

    depth: (H, W) float32 in `unit`; NaN where there is none. Always positive where finite.
    camera: intrinsics of that H x W grid.
    confidence: (H, W) float32, 0 none to 1 full.
    report: what a person should know of this result; JSON values only.
    person: on the same grid; None where none is known.
    disparity: (H, W) float32, what the network said of the photo, larger is nearer, of unknown scale and shift, or in
        1 / mm of a network that knows lengths; NaN where it vouches for nothing. None where no network ran.
    head: the head model as it was fitted to the person; None where no face or no outline was found.
    quarters: quarter turns clockwise that set the person upright; most photos need none.
    """

    depth: np.ndarray
    camera: Intrinsics
    unit: Unit
    confidence: np.ndarray
    report: dict[str, Any] = field(default_factory=dict)
    person: Person | None = None
    disparity: np.ndarray | None = None
    head: HeadFit | None = None
    quarters: int = 0

    def turned(self, quarters: int) -> DepthMap:
        """The depth map of the photo turned clockwise by so many quarter turns; the report stays as it is."""
        return replace(
            self,
            depth=turned(self.depth, quarters),
            camera=self.camera.turned(quarters),
            confidence=turned(self.confidence, quarters),
            person=self.person and self.person.turned(quarters),
            disparity=None if self.disparity is None else turned(self.disparity, quarters),
            head=self.head and self.head.turned(quarters),
            quarters=(self.quarters - quarters) % 4,
        )

    @property
    def mask(self) -> np.ndarray:
        """(H, W) bool, True where there is depth."""
        return np.isfinite(self.depth)


Early = Callable[[int, DepthMap], None]
"""Takes the index of a photo, and a rough depth map of its face on a small grid: what can be shown at once."""


class Estimator(Protocol):
    """A loaded depth model. It may be used from one thread at a time."""

    def estimate(self, photos: Sequence[Photo], early: Early | None = None) -> list[DepthMap | PhotoError]:
        """Estimate each photo's depth in one batch; a photo that cannot be used gives its error in its place.

        An estimator that finds faces calls `early` for each photo with one, before the long work on any begins.
        """


class DepthNetwork(Protocol):
    """What predicts the geometry of photos: a network, or maps that came with them. One thread at a time may use it."""

    def predict(self, photos: Sequence[Photo], faces: Sequence[FaceBox | None] | None = None) -> list[Predicted]:
        """Each photo's prediction on its grid (`grid_size_wh`); faces where they are known."""

    def alone(self, photo: Photo, prediction: Prediction) -> DepthMap:
        """The depth of a photo by its prediction alone, where no face is found."""


@dataclass(frozen=True)
class DepthModel(ABC):
    """What is known of a depth model before it is loaded; each family derives a class of its own.

    name: unique, as the API takes it.
    title: for a person to read.
    rank: `auto` takes the highest among the models that are ready; see `worker.depth.registry`.
    unit: of the depth that it gives by itself; a face makes "relative" metric, see `worker.depth.anchored`.
    weights: its files, and where they come from.
    licence: of those files; SPDX identifiers, where the licence has one.
    wants_gpu: it takes so long on a CPU that `auto` would rather have another network there.
    """

    name: str
    title: str
    rank: int
    unit: Unit
    weights: Weights
    licence: str
    wants_gpu: bool = field(default=False, kw_only=True)

    @property
    def non_commercial(self) -> bool:
        """True where the licence forbids commercial use, as CC-BY-NC-4.0 does."""
        return "NC" in re.split(r"[-, ]+", self.licence)

    def lacks(self, folder: Path) -> str | None:
        """What has to be done before it can be loaded here from that folder; None where nothing."""
        if self.weights.present(folder):
            return None
        return f"its weights are not in {folder}; `python -m worker.depth.weights fetch {self.name}` gets them"

    def prepare(self, folder: Path) -> None:  # noqa: B027 - most depth models have nothing to prepare
        """Make what `load` needs beside the files and would otherwise make itself, which takes minutes for some.

        Raises:
            WeightsError: a file is absent or wrong.
            ModelError: torch is needed for it, and not installed.
        """

    @abstractmethod
    def load(self, folder: Path, backend: str, tokens: int) -> Estimator:
        """The estimator, from the folder that holds the files; what is heavy is imported here.

        Args:
            folder: of the files.
            backend: "auto", "torch" or "onnxruntime", for a depth model that has the choice.
            tokens: of a photo, for a network that leaves their number open.
        Raises:
            ModelError: it cannot run on that backend.
            WeightsError: a file is absent or wrong.
        """
