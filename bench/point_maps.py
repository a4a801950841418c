"""What scale, mask, normals and lens of a network are worth: predictions made from true heads, through fusion.

`python -m bench point_maps`, or `python -m bench.point_maps --heads h8 h9 --faults exact flat --lens unknown`. From
Python, to try a change on a few heads:

    from bench.heads import TUNED, heads
    from bench.point_maps import Lens, Trials
    from bench.predictions import FAULTS
    from shared.settings import WeightsSettings

    trials = Trials(WeightsSettings.from_environment().weights)
    for head in heads():
        if head.name in TUNED:  # never choose a constant on the others
            print(head.name, trials.outcome(head, FAULTS["flat"], "point map"))  # 1 s of CPU
            depth_map = trials.depth_map(head, FAULTS["flat"], "without normals", Lens.UNKNOWN)

The networks that find face and outline run once for a head and are remembered, whatever is changed behind them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from bench.heads import TUNED, Figures, Guess, Head, figures_of, heads
from bench.predictions import FAULTS, Fault, affine, prediction_of, true_normals
from shared.errors import PhotoError
from shared.settings import WeightsSettings
from worker.depth.alone import depth_map_alone
from worker.depth.anchored import Anchored
from worker.depth.estimator import DepthMap, Photo
from worker.depth.portrait.estimator import Portrait
from worker.depth.prediction import Predicted, Prediction
from worker.geometry.fuse.focus import FaceBox
from worker.geometry.normals import degrees_between
from worker.person.face import Face
from worker.person.finder import PersonFinder
from worker.person.landmarks import LANDMARKS
from worker.person.person import Person

KINDS: dict[str, Callable[[Prediction], Prediction] | None] = {
    "portrait": None,
    "affine": affine,
    "point map": lambda prediction: prediction,
    "without normals": lambda prediction: replace(prediction, normals=None),
    "without lens": lambda prediction: replace(prediction, camera=None),
}
"""What is left of a prediction; None: the face and its outline alone."""

STRIDE, FACE_STRIDE = 3, 2  # of the pixels that are scored, each way: the protocol's search is slow
EVERY = 3  # so many'th head is taken unless others are named
COLUMNS = "face mm | head mm | face ° | beside ° | silhouette IoU | rim off | distance off | eyes off"
T = TypeVar("T")


class Lens(Enum):
    """What the photo says of its lens."""

    GIVEN = "given"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Outcome:
    """What came of one prediction.

    figures: as of any reconstruction of a head, on fewer pixels.
    face_deg, beside_deg: median angle between the surface's normals and the true ones, on the face and beside it.
    distance: median depth of the face, by the true one.
    fov_x_deg: horizontal field of view that was used.
    report: of the depth map.
    """

    figures: Figures
    face_deg: float
    beside_deg: float
    distance: float
    fov_x_deg: float
    report: dict[str, Any]


@dataclass(frozen=True)
class Told:
    """A depth network that says of every photo what it was told to."""

    prediction: Prediction

    def predict(self, photos: Sequence[Photo], faces: Sequence[FaceBox | None] | None = None) -> list[Predicted]:
        """The same prediction for each."""
        return [self.prediction for _ in photos]

    def alone(self, photo: Photo, prediction: Prediction) -> DepthMap:
        """The depth by that alone."""
        return depth_map_alone(photo, prediction, {})


class Trials:
    """Heads, each estimated with many predictions."""

    def __init__(self, weights: Path) -> None:
        """Load the networks of the depth model `portrait` from their folder."""
        self._portrait = _RememberingPortrait(weights)
        self._on_face: dict[str, np.ndarray] = {}

    def depth_map(self, head: Head, fault: Fault, kind: str, lens: Lens = Lens.GIVEN) -> DepthMap:
        """The depth map of a head's photo; `kind` is one of KINDS."""
        cut = KINDS[kind]
        network = Told(cut(prediction_of(head, fault))) if cut else None
        photo = head.photo if lens is Lens.GIVEN else Photo(head.pixels)
        (made,) = Anchored(network, self._portrait).estimate([photo])
        if isinstance(made, PhotoError):
            raise made
        return made

    def outcome(self, head: Head, fault: Fault, kind: str, lens: Lens = Lens.GIVEN) -> Outcome:
        """How right it is."""
        made = self.depth_map(head, fault, kind, lens)
        on_face = self._face_of(head)
        depth = np.where(made.person.mask if made.person else made.mask, made.depth, np.nan).astype(float)
        corners = self._portrait.faces_of(head.photo)[0].landmarks[list(LANDMARKS.outer_eye_corners), :2]
        angle = degrees_between(true_normals(depth, made.camera), true_normals(head.depth, head.camera))
        return Outcome(
            figures=figures_of(Guess(depth, on_face, corners, made.camera), head, STRIDE, FACE_STRIDE),
            face_deg=float(np.nanmedian(angle[on_face])),
            beside_deg=float(np.nanmedian(angle[~on_face])),
            distance=float(np.nanmedian(depth[on_face]) / np.nanmedian(head.depth[on_face])),
            fov_x_deg=made.camera.fov_x_deg,
            report=made.report,
        )

    def _face_of(self, head: Head) -> np.ndarray:
        """(H, W) bool: the face, by the true lens and without a network."""
        if head.name not in self._on_face:
            bust = self._portrait.bust_of(head.photo, self._portrait.faces_of(head.photo))
            self._on_face[head.name] = np.isfinite(bust.face)
        return self._on_face[head.name]


class _RememberingFinder(PersonFinder):
    """Runs its networks once for a photo."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._known: dict[tuple[str, int], Any] = {}

    def find_faces(self, pixels: np.ndarray, near_uv: tuple[float, float] | None = None) -> list[Face]:
        return self._once("faces", pixels, partial(super().find_faces, pixels, near_uv))

    def quarters_to_upright(self, pixels: np.ndarray, face: Face) -> int:
        return self._once("quarters", pixels, partial(super().quarters_to_upright, pixels, face))

    def hidden_parts(self, pixels: np.ndarray, face: Face) -> list[str]:
        return self._once("hidden", pixels, partial(super().hidden_parts, pixels, face))

    def person(self, pixels: np.ndarray, face: Face, others: list[Face]) -> Person:
        return self._once("person", pixels, partial(super().person, pixels, face, others))

    def _once(self, what: str, pixels: np.ndarray, find: Callable[[], T]) -> T:
        key = what, hash(pixels.tobytes())
        if key not in self._known:
            self._known[key] = find()
        found: T = self._known[key]
        return found


class _RememberingPortrait(Portrait):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._finder = _RememberingFinder(folder)


def table(
    trials: Trials, chosen: Sequence[Head], faults: Sequence[str], kinds: Sequence[str], lens: Lens
) -> Iterator[str]:
    """The lines of a table, means over heads: the portrait alone, and each fault with kind after kind in a cell."""
    yield f"| lens {lens.value}: {' → '.join(kinds)} | {COLUMNS} |\n|{'---|' * 9}"
    rows = {"portrait alone": [("exact", "portrait")]} | {fault: [(fault, kind) for kind in kinds] for fault in faults}
    for title, cells in rows.items():
        made = [row_of([trials.outcome(head, FAULTS[fault], kind, lens) for head in chosen]) for fault, kind in cells]
        yield f"| {title} | {' | '.join(' → '.join(column) for column in zip(*made, strict=True))} |"


def row_of(outcomes: Sequence[Outcome]) -> list[str]:
    """Means of outcomes; of distance and eyes, by the truth, the root mean square of how far they are off."""
    figures = [one.figures for one in outcomes]
    lengths = [float(np.mean([getattr(one, name) for one in figures])) for name in ("face_median", "whole_median")]
    angles = [float(np.mean([getattr(one, name) for one in outcomes])) for name in ("face_deg", "beside_deg")]
    overlap, rim = (float(np.mean([getattr(one, name) for one in figures])) for name in ("overlap", "rim_off"))
    ratios = [[one.distance for one in outcomes], [one.eyes for one in figures]]
    off = [float(np.sqrt(np.mean(np.square(np.array(one) - 1)))) for one in ratios]
    return [
        *(f"{value:.2f}" for value in lengths),
        *(f"{value:.1f}" for value in angles),
        f"{overlap:.3f}",
        *(f"{share:.1%}" for share in (rim, *off)),
    ]


def main(arguments: Sequence[str] = ()) -> None:
    """Print the tables, of the heads that constants were chosen on and of the others."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heads", nargs="*", help=f"names; every {EVERY}rd by default")
    parser.add_argument("--faults", nargs="*", choices=FAULTS, default=list(FAULTS), help="all by default")
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=["affine", "point map"], help="[%(default)s]")
    parser.add_argument("--lens", nargs="*", type=Lens, default=list(Lens), help="given, unknown or both")
    given = parser.parse_args(arguments)
    all_heads = list(heads())
    chosen = [head for head in all_heads if head.name in given.heads] if given.heads else all_heads[EVERY - 1 :: EVERY]
    trials = Trials(WeightsSettings.from_environment().weights)
    print("## Point maps and normals\n")
    for tuned in (True, False):
        group = [head for head in chosen if (head.name in TUNED) == tuned]
        for lens in given.lens if group else ():
            print(f"{len(group)} heads {'that constants were chosen on' if tuned else 'kept apart'}.\n")
            for line in table(trials, group, given.faults, given.kinds, lens):
                print(line, flush=True)
            print()


if __name__ == "__main__":
    main(sys.argv[1:])
