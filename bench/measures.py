"""How right are the measures of heads whose landmarks are known?

The heads of `bench.heads`, and their landmarks by the names of `worker.head.measures` in landmarks.json: vertices of
the true meshes, picked by hand on one of them. What is compared is the face in the photo's expression: nobody knows
the rendered heads' neutral ones. `python -m bench measures`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bench.heads import HEADS, TUNED, Head, heads
from shared.settings import WeightsSettings
from worker.depth.portrait.estimator import Portrait
from worker.head.cropped import bare_body
from worker.head.measures import MEASURES, landmarks_of
from worker.head.model.load import head_model
from worker.pipeline import head_view

LANDMARKS = HEADS / "landmarks.json"
SCORED = 20  # of the heads; the others are kept apart for later


@dataclass(frozen=True)
class Compared:
    """Lengths in mm by the names of `MEASURES`.

    size: the true distance between the pupils, as a share of the one that sized the face.
    """

    true: Mapping[str, float]
    found: Mapping[str, float]
    size: float
    size_from: str

    def error(self, name: str, *, size_known: bool) -> float:
        """How much too long a measure is, mm."""
        return (self.size if size_known else 1) * self.found[name] - self.true[name]


def compared(head: Head, true: Mapping[str, np.ndarray], portrait: Portrait) -> Compared:
    """The measures of one head; `true` are its landmarks (3,) mm by name."""
    depth_map = portrait.bust_of(head.photo, portrait.faces_of(head.photo)).depth_map
    fit, view, model = depth_map.head, head_view(depth_map, head.pixels), head_model()
    if fit is None or view is None:
        raise ValueError(f"no head was fitted to {head.name}")
    found = landmarks_of(model, bare_body(view, fit, model)[1].coarse)
    lengths = _lengths(true)
    scale = depth_map.report["scale"]
    return Compared(lengths, _lengths(found), lengths["pupils"] / scale["pupil_distance_mm"], scale["source"])


def main() -> None:
    """Print the table."""
    portrait = Portrait(WeightsSettings.from_environment().weights)
    truth = json.loads(LANDMARKS.read_text())
    rows = {
        head.name: compared(head, {name: np.array(at) for name, at in truth[head.name].items()}, portrait)
        for head in list(heads())[:SCORED]
    }
    tuned = [row for name, row in rows.items() if name in TUNED]
    apart = [row for name, row in rows.items() if name not in TUNED]
    print("## Measures of heads\n\nErrors in mm: mean and root mean square, and with the size that was found\n")
    print("| measure | true mean | h0 to h7, size known | h8 to h19, size known | h8 to h19 |\n|---|---|---|---|---|")
    for name in MEASURES:
        length = np.mean([row.true[name] for row in rows.values()])
        known = " | ".join(_cell(name, group, size_known=True) for group in (tuned, apart))
        print(f"| {name} | {length:.1f} | {known} | {_cell(name, apart, size_known=False)} |")
    print("\n| size from | heads | root mean square error |\n|---|---|---|")
    for source in sorted({row.size_from for row in rows.values()}):
        off = [1 / row.size - 1 for row in rows.values() if row.size_from == source]
        print(f"| {source} | {len(off)} | {np.sqrt(np.mean(np.square(off))):.1%} |")


def _lengths(places: Mapping[str, np.ndarray]) -> dict[str, float]:
    return {name: float(np.linalg.norm(places[row.start] - places[row.end])) for name, row in MEASURES.items()}


def _cell(name: str, rows: list[Compared], *, size_known: bool) -> str:
    errors = np.array([row.error(name, size_known=size_known) for row in rows])
    return f"{errors.mean():+.1f}, {np.sqrt((errors**2).mean()):.1f}"


if __name__ == "__main__":
    main()
