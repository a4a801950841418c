"""How right is the portrait model on rendered heads whose depth is known?

Constants were chosen on some of the heads; the others are kept apart, and told apart. Beside the model: the average
face (the mean of all landmarks, only posed and scaled, then extended as the model does), and a flat plane inside the
same silhouette. `python -m bench heads`, or `python -m bench.heads --folder DIR` for hN.jpg and hN.npz of one's own.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from bench.scoring import aligned, score, similarity
from shared.cloud.camera import Intrinsics, project, unproject
from shared.options import ModelOptions
from shared.settings import WeightsSettings
from worker.depth.estimator import Photo
from worker.depth.portrait.bust import extend
from worker.depth.portrait.estimator import Bust, Portrait
from worker.depth.portrait.placing import surface_of
from worker.head.fit.fit import posed as head_posed
from worker.head.model.load import head_model
from worker.head.surface import seen
from worker.person.face import Face, head_pose, points_mm
from worker.person.face_mesh import face_mesh
from worker.person.finder import PersonFinder
from worker.person.landmarks import LANDMARKS
from worker.pipeline import build_cloud

HEADS = Path(__file__).parent.parent / "tests" / "data" / "heads"
TUNED = tuple(f"h{index}" for index in range(8))  # constants were chosen on these
WHOLE_STRIDE = 2  # of the pixels scored on whole heads, each way: the protocol's search is slow
RIM_PX = 3.0  # how far along the silhouette reaches
FLYING_MM = 10.0
COLUMNS = (
    "face median mm | face mean mm | head median mm | head mean mm | silhouette IoU | eye corners | rim off | flying"
)
MOST_POINTS = 500_000  # more than the heads have pixels: the cloud keeps their grid


@dataclass(frozen=True)
class Head:
    """A rendered head: pixels (H, W, 3) uint8, true depth (H, W) mm with NaN beside the head, field of view."""

    name: str
    pixels: np.ndarray
    depth: np.ndarray
    fov_x_deg: float

    @property
    def photo(self) -> Photo:
        """The photo as a user with a known camera gives it."""
        return Photo(self.pixels, fov_x_deg=self.fov_x_deg)

    @cached_property
    def camera(self) -> Intrinsics:
        """The camera that rendered it; its principal point is the corner between the four middle pixels."""
        height, width = self.depth.shape
        focal = width / 2 / np.tan(np.radians(self.fov_x_deg) / 2)
        return Intrinsics(width, height, focal, focal, width / 2, height / 2)


@dataclass(frozen=True)
class Figures:
    """What is measured on one head.

    face_*, whole_*: mm, by the protocol of `bench.scoring`, over the face mesh and over the true silhouette.
    overlap: intersection over union of the silhouettes, down to the chin: where a rendered bust ends is not tested.
    eyes: distance between the outer eye corners, as a ratio to the truth.
    rim_off: share of points that lie along the silhouette and further than FLYING_MM from the aligned true surface.
    flying: those of them that hang in the air: the surface just inside is not so far off.
    """

    face_median: float
    face_mean: float
    whole_median: float
    whole_mean: float
    overlap: float
    eyes: float
    rim_off: float
    flying: float


@dataclass(frozen=True)
class Guess:
    """A reconstruction of one head.

    depth: (H, W) mm, and `camera`, by which it is seen; None: by the true one.
    face: (H, W) bool, the face's part of it.
    corners: the eye corners' pixels.
    """

    depth: np.ndarray
    face: np.ndarray
    corners: np.ndarray
    camera: Intrinsics | None = None


def heads(folder: Path = HEADS) -> Iterator[Head]:
    """The heads of a folder: NAME.jpg and NAME.npz with the depth `z` in mm and `fov_rad`; by number."""
    for path in sorted(folder.glob("*.npz"), key=lambda path: (len(path.stem), path.stem)):
        if (photo := path.with_suffix(".jpg")).exists():
            pixels = np.ascontiguousarray(np.asarray(cv2.imread(str(photo)))[..., ::-1])
            with np.load(path) as truth:
                yield Head(path.stem, pixels, truth["z"].astype(float), float(np.degrees(truth["fov_rad"])))


def figures_of(guess: Guess, head: Head, stride: int = WHOLE_STRIDE, face_stride: int = 1) -> Figures:
    """Measure one reconstruction, on every `stride`-th pixel each way."""
    points, truth = unproject(guess.depth, guess.camera or head.camera), unproject(head.depth, head.camera)
    some, thin = ((slice(None, None, step),) * 2 for step in (face_stride, stride))
    face = score(np.where(guess.face[..., None], points, np.nan)[some], truth[some])
    whole = score(points[thin], truth[thin])
    chin = int(np.flatnonzero(guess.face.any(axis=1))[-1])
    mine, true = np.isfinite(guess.depth)[:chin], np.isfinite(head.depth)[:chin]
    overlap = float((mine & true).sum() / (mine | true).sum())
    rim_off, flying = _flying(points[thin], truth[thin], RIM_PX / stride)
    eyes = _eye_distance(points, guess.corners) / _eye_distance(truth, guess.corners)
    return Figures(face.median_mm, face.mean_mm, whole.median_mm, whole.mean_mm, overlap, eyes, rim_off, flying)


def portrait(bust: Bust, face: Face) -> Guess:
    """What the model says."""
    return Guess(
        bust.depth_map.depth.astype(float),
        np.isfinite(bust.face),
        face.landmarks[list(LANDMARKS.outer_eye_corners), :2],
    )


def whole_pipeline(bust: Bust, face: Face, pixels: np.ndarray) -> Guess:
    """What a user gets: the point cloud of the model stage, with default settings but for points enough for all."""
    cloud, _ = build_cloud(bust.depth_map, pixels, ModelOptions(point_budget=MOST_POINTS))
    return replace(portrait(bust, face), depth=cloud.depth.astype(float))


def average_face(bust: Bust, face: Face, mean: np.ndarray) -> Guess:
    """The mean shape (468, 3) mm, posed and scaled to a photo's landmarks and extended within its silhouette."""
    camera = bust.depth_map.camera
    posed = similarity(mean, points_mm(face.landmarks, camera)).apply(mean)
    surface, pose = surface_of(posed, camera)
    model = head_model()
    head = seen(head_posed(posed, model).vertices(model), model, camera)
    depth = extend(surface, bust.depth_map.mask, head, camera, pose)
    return Guess(depth, np.isfinite(surface), project(posed[list(LANDMARKS.outer_eye_corners)], camera))


def plane(bust: Bust, face: Face) -> Guess:
    """A flat plane at the face's distance, inside the model's silhouette."""
    distance = float(np.nanmedian(bust.face))
    flat = np.where(bust.depth_map.mask, distance, np.nan)
    return Guess(flat, np.isfinite(bust.face), face.landmarks[list(LANDMARKS.outer_eye_corners), :2])


def mean_shape(faces: list[Face], cameras: list[Intrinsics]) -> np.ndarray:
    """(468, 3) mm: the mean of faces' landmarks in the head's axes, made symmetric."""
    shapes = []
    for face, camera in zip(faces, cameras, strict=True):
        points = points_mm(face.landmarks, camera)
        pose = head_pose(points)
        shapes.append((points - pose.eyes) @ pose.axes)
    mean = np.mean(shapes, axis=0)
    return (mean + mean[face_mesh().mirror] * [-1, 1, 1]) / 2


def measure(
    weights: Path, all_heads: Sequence[Head], stride: int = WHOLE_STRIDE, face_stride: int = 1
) -> dict[str, list[Figures]]:
    """Figures of the model and the two baselines on every head; `weights` is the folder of the model's files."""
    model, finder = Portrait(weights), PersonFinder(weights)
    faces = [finder.find_faces(head.pixels)[0] for head in all_heads]
    busts = [model.bust_of(head.photo, model.faces_of(head.photo)) for head in all_heads]
    mean = mean_shape(faces, [bust.depth_map.camera for bust in busts])
    guesses: dict[str, Callable[[Bust, Face, Head], Guess]] = {
        "portrait": lambda bust, face, head: portrait(bust, face),
        "whole pipeline": lambda bust, face, head: whole_pipeline(bust, face, head.pixels),
        "average face": lambda bust, face, head: average_face(bust, face, mean),
        "flat plane": lambda bust, face, head: plane(bust, face),
    }
    return {
        name: [
            figures_of(guess(bust, face, head), head, stride, face_stride)
            for bust, face, head in zip(busts, faces, all_heads, strict=True)
        ]
        for name, guess in guesses.items()
    }


def main(arguments: Sequence[str] = ()) -> None:
    """Print the tables: means over each group of heads, then the model head by head."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=HEADS, help="holds the heads [%(default)s]")
    all_heads = list(heads(parser.parse_args(arguments).folder))
    results = measure(WeightsSettings.from_environment().weights, all_heads)
    print(f"## Heads with known depth\n\nMeans over {_groups(all_heads)}; eye corners: the worst ratio to the truth.\n")
    print(f"| model | heads | {COLUMNS} |\n|{'---|' * 10}")
    for name, figures in results.items():
        for group in (True, False):
            chosen = [one for one, head in zip(figures, all_heads, strict=True) if (head.name in TUNED) == group]
            if chosen:
                print(f"| {name} | {'tuned on' if group else 'kept apart'} | {_row(chosen)} |")
    print(f"\n| portrait, by head | {COLUMNS} |\n|{'---|' * 9}")
    for head, one in zip(all_heads, results["portrait"], strict=True):
        print(f"| {head.name} | {_row([one])} |")
    print()


def _groups(all_heads: Sequence[Head]) -> str:
    """How many heads there are of each group."""
    tuned = sum(head.name in TUNED for head in all_heads)
    return f"{tuned} heads that constants were chosen on, and {len(all_heads) - tuned} kept apart"


def _row(figures: list[Figures]) -> str:
    means = [
        float(np.mean([getattr(one, name) for one in figures]))
        for name in ("face_median", "face_mean", "whole_median", "whole_mean", "overlap")
    ]
    eyes = max((one.eyes for one in figures), key=lambda ratio: abs(ratio - 1))
    shares = [float(np.mean([getattr(one, name) for one in figures])) for name in ("rim_off", "flying")]
    numbers = [f"{value:.2f}" for value in means[:4]]
    return " | ".join([*numbers, f"{means[4]:.3f}", f"{eyes:.3f}", *(f"{share:.2%}" for share in shares)])


def _flying(points: np.ndarray, truth: np.ndarray, rim_px: float) -> tuple[float, float]:
    """Shares of all points: rim points far from the true surface, and those of them that fly.

    A rim point flies if it is far from the aligned true surface though the model's own surface just inside is not: a
    shoulder that lies too far back is an error of shape, and counts in the first share only.
    """
    _, _, move = aligned(points, truth)
    mine = np.isfinite(points[..., 2])
    inside = ndimage.distance_transform_edt(np.pad(mine, 1, mode="edge"))[1:-1, 1:-1]
    distance = np.full(mine.shape, np.nan)
    distance[mine], _ = cKDTree(truth[np.isfinite(truth[..., 2])]).query(move.apply(points[mine]))
    nearest = ndimage.distance_transform_edt(inside <= 2 * rim_px, return_distances=False, return_indices=True)
    rim = mine & (inside <= rim_px)
    off = rim & (np.nan_to_num(distance) > FLYING_MM)
    torn = off & (np.nan_to_num(distance - distance[tuple(nearest)]) > FLYING_MM)
    return float(off.sum() / mine.sum()), float(torn.sum() / mine.sum())


def _eye_distance(points: np.ndarray, corners: np.ndarray) -> float:
    """Distance in space between two pixels (2, 2) of an (H, W, 3) point map."""
    u, v = np.rint(corners).astype(int).T
    return float(np.linalg.norm(np.subtract(*points[v, u])))


if __name__ == "__main__":
    main(sys.argv[1:])
