"""How much of a person does the outline hold, and how much of other things, on photos with masks made by hand?

The person is the one whose face is nearest to the middle of the box in the data. The head is what lies above a line a
quarter of the box's height below its bottom, the chin. Pixels that even a careful eye cannot tell are not scored.
`python -m bench photos`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from shared.settings import WeightsSettings
from worker.person.finder import PersonFinder

PHOTOS = Path(__file__).parent.parent / "tests" / "data" / "photos"
PERSON, NOT_SCORED = 255, 128  # grey levels of the masks
BELOW_CHIN = 0.25  # heights of the box


@dataclass(frozen=True)
class PortraitPhoto:
    """A photo whose person is known.

    pixels: (H, W, 3) uint8 RGB. truth: (H, W) uint8, `PERSON`, 0, or `NOT_SCORED`.
    box: left, top, right, bottom of the person's face, from the brows to the chin.
    """

    name: str
    pixels: np.ndarray
    truth: np.ndarray
    box: tuple[int, int, int, int]

    @property
    def face_uv(self) -> tuple[float, float]:
        """The middle of the face."""
        left, top, right, bottom = self.box
        return (left + right) / 2, (top + bottom) / 2


@dataclass(frozen=True)
class Overlaps:
    """Intersection over union with the truth, 0 to 1, of the whole person and of the head."""

    person: float
    head: float


def main() -> None:
    """Print the table."""
    finder = PersonFinder(WeightsSettings.from_environment().weights)
    print("## People against masks made by hand\n")
    print("| photo | faces found | IoU of the person | of the head | s, faces | s, person |\n|---|---|---|---|---|---|")
    scores = []
    for photo in photos():
        mask, faces, times = _found(finder, photo)
        scores.append(overlaps(mask, photo))
        _print_row(photo.name, str(faces), scores[-1], times)
    mean, worst = (
        Overlaps(float(of([one.person for one in scores])), float(of([one.head for one in scores])))
        for of in (np.mean, np.min)
    )
    _print_row("mean", "", mean, ())
    _print_row("worst", "", worst, ())
    print()


def photos(folder: Path = PHOTOS) -> Iterator[PortraitPhoto]:
    """The photos with masks, by name."""
    boxes = json.loads((folder / "faces.json").read_text())
    for name, box in sorted(boxes.items()):
        pixels = cv2.cvtColor(cv2.imread(str(folder / f"{name}.jpg")), cv2.COLOR_BGR2RGB)
        truth = cv2.imread(str(folder / f"{name}.mask.png"), cv2.IMREAD_GRAYSCALE)
        yield PortraitPhoto(name, pixels, truth, tuple(box))


def overlaps(mask: np.ndarray, photo: PortraitPhoto) -> Overlaps:
    """How well a person's mask (H, W) bool fits the truth."""
    _, top, _, bottom = photo.box
    head_rows = slice(0, round(bottom + BELOW_CHIN * (bottom - top)) + 1)
    return Overlaps(_overlap(mask, photo.truth), _overlap(mask[head_rows], photo.truth[head_rows]))


def _overlap(mask: np.ndarray, truth: np.ndarray) -> float:
    """Intersection over union where the truth is known; 0 where nothing is."""
    scored, person = truth != NOT_SCORED, truth == PERSON
    union = (mask | person) & scored
    return float((mask & person & scored).sum() / max(1, union.sum()))


def _found(finder: PersonFinder, photo: PortraitPhoto) -> tuple[np.ndarray, int, tuple[float, float]]:
    """The person's mask, empty where no face is found, the number of faces, and seconds for faces and person."""
    begun = time.perf_counter()
    faces = finder.find_faces(photo.pixels, photo.face_uv)
    found = time.perf_counter()
    if not faces:
        return np.zeros(photo.truth.shape, bool), 0, (found - begun, 0.0)
    mask = finder.person(photo.pixels, faces[0], faces[1:]).mask
    return mask, len(faces), (found - begun, time.perf_counter() - found)


def _print_row(name: str, faces: str, score: Overlaps, times: tuple[float, ...]) -> None:
    seconds = [f"{one:.2f}" for one in times] or ["", ""]
    print(f"| {name} | {faces} | {score.person:.3f} | {score.head:.3f} | {' | '.join(seconds)} |", flush=True)


if __name__ == "__main__":
    main()
