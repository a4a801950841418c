"""Where the landmark network sees a head's landmarks in photos, against where it sees them in pictures of the model.

`python -m bench.landmark_offsets PHOTO...` fits the head model to the photos and to every other of the rendered heads
that constants are chosen on, and writes the mean of what is left at each landmark, in the head's frame. What is left
on the photos that were not used is printed before and after.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bench.heads import TUNED, heads
from shared.photo.decode import read_photo
from shared.settings import WeightsSettings
from worker.depth.estimator import Photo
from worker.depth.portrait.estimator import Portrait
from worker.head.fit.fit import OFFSETS, fit_head
from worker.head.fit.head_fit import HeadFit
from worker.head.fit.outline import PersonOutline
from worker.head.model.load import head_model
from worker.person.face_mesh import face_mesh
from worker.person.scale import Scale

ROUNDS = 3
SHRUNK_BY = 2  # heads of no difference that are averaged in
INNER_MM = 3.0  # a landmark whose place varies less with the view


@dataclass(frozen=True)
class Seen:
    """A person's landmarks (468, 3) mm and outline."""

    landmarks_mm: np.ndarray
    outline: PersonOutline | None


def seen_in(photo: Photo, portrait: Portrait) -> Seen | None:
    """What the portrait model sees in a photo, at the size of a mean head; None where it sees no head."""
    faces = portrait.faces_of(photo)
    depth_map = portrait.bust_of(photo, faces).depth_map if faces else None
    if depth_map is None or depth_map.head is None or depth_map.person is None:
        return None
    size = Scale(**depth_map.report["scale"]).size
    outline = PersonOutline.of(depth_map.person.mask, depth_map.person.classes, depth_map.camera)
    return Seen(depth_map.head.landmarks_mm / size, outline)


def left_over(person: Seen, offsets: np.ndarray) -> np.ndarray:
    """(468, 3) mm in the head's frame: what a fit leaves where the landmarks are off by offsets (468, 3)."""
    model = head_model()
    fit: HeadFit | None = None
    for _ in range(2):  # the offsets turn with the head
        moved = offsets @ fit.rotation.T * fit.scale if fit else 0
        fit = fit_head(person.landmarks_mm - moved, model, person.outline)
    assert fit is not None
    points = model.landmarks(fit.vertices(model).astype(float))
    return (fit.landmarks_mm - points) @ fit.rotation / fit.scale


def learnt(people: Sequence[Seen]) -> np.ndarray:
    """(468, 3) mm, symmetric: the mean of what is left, shrunk."""
    offsets, mirror = np.zeros((468, 3)), face_mesh().mirror
    for _ in range(ROUNDS):
        mean = np.mean([left_over(person, offsets) for person in people], axis=0)
        mean = (mean + mean[mirror] * [-1, 1, 1]) / 2
        offsets += mean * len(people) / (len(people) + SHRUNK_BY)
    return offsets


def main(paths: Sequence[str]) -> None:
    """Learn from every other photo and head, print what that does to the others, and write the file."""
    OFFSETS.write_text(json.dumps([[0, 0, 0]] * 468))
    portrait = Portrait(WeightsSettings.from_environment().weights)
    photos = [Photo(read_photo(Path(path).read_bytes()).pixels) for path in sorted(paths)]
    seen = [one for photo in photos if (one := seen_in(photo, portrait))]
    rendered = [seen_in(replace(head.photo), portrait) for head in heads() if head.name in TUNED[::2]]
    offsets = learnt([*seen[::2], *(one for one in rendered if one)])
    inner = head_model().landmark_spread_mm < INNER_MM
    for name, tried in (("without", np.zeros_like(offsets)), ("with", offsets)):
        off = [np.median(np.linalg.norm(left_over(one, tried), axis=1)[inner]) for one in seen[1::2]]
        print(f"{name}: {np.mean(off):.2f} mm, mean over {len(off)} photos of each one's median")
    OFFSETS.write_text(
        "[\n" + ",\n".join(json.dumps([round(float(x), 2) + 0.0 for x in row]) for row in offsets) + "\n]\n"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
