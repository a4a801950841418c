"""Is a network's lens taken where it is right, and refused where it is wrong?

Predictions are made from rendered heads (`bench.predictions`), whose photos say nothing of the lens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bench.heads import TUNED, Head, heads
from bench.predictions import REPORTED, Fault, prediction_of
from shared.settings import WeightsSettings
from worker.depth.estimator import Photo
from worker.depth.portrait.lens import Lens, settled_lens
from worker.person.face import Face
from worker.person.finder import PersonFinder

LENSES = (0.5, 0.7, 1.0, 1.4, 2.0)
DEPTHS = {
    "as deep": Fault(),
    "stretched with it": Fault(stretched=True),
    "head 0.6 x as deep": Fault(extent=0.6),
    "as reported": replace(REPORTED, normals_off_deg=0.0, normals_blurred=False),
    "as reported, stretched": replace(REPORTED, normals_off_deg=0.0, normals_blurred=False, stretched=True),
}


def candidates(head: Head, face: Face, fault: Fault) -> tuple[Lens, Lens]:
    """The network's lens and the assumed one."""
    network, assumed = settled_lens(Photo(head.pixels), face, prediction_of(head, fault))[1]
    return network, assumed


def row(chosen: Sequence[Head], faces: Sequence[Face], fault: Fault) -> str:
    """How deep faces are seen, how many lenses are taken, how far off distances are by the network's and the used."""
    pairs = [candidates(head, face, fault) for head, face in zip(chosen, faces, strict=True)]
    relief = np.array([network.relief for network, _ in pairs], float)
    taken = sum(network.doubt is None for network, _ in pairs)
    used = [network if network.doubt is None else assumed for network, assumed in pairs]
    off = (_distance_off(chosen, lenses) for lenses in ([network for network, _ in pairs], used))
    return (
        f"{np.exp(np.log(relief).mean()):.2f} ({relief.min():.2f} to {relief.max():.2f}) | {taken} of {len(pairs)} | "
        + " | ".join(f"{value:.0%}" for value in off)
    )


def _distance_off(chosen: Sequence[Head], lenses: Sequence[Lens]) -> float:
    """Root mean square of how far a face's distance is off, as a part of the true one."""
    true_mm = np.array([np.nanmedian(head.depth) for head in chosen])
    seen_mm = np.array([lens.report(1.0, 0)["face_distance_mm"] for lens in lenses])
    return float(np.sqrt(np.mean((seen_mm / true_mm - 1) ** 2)))


def main() -> None:
    """Print a table of the heads that the bound was chosen on, and one of the others."""
    all_heads = list(heads())
    finder = PersonFinder(WeightsSettings.from_environment().weights)
    faces = [finder.find_faces(head.pixels)[0] for head in all_heads]
    print("## A network's lens\n")
    for tuned in (True, False):
        which = [index for index, head in enumerate(all_heads) if (head.name in TUNED) == tuned]
        chosen, theirs = [all_heads[index] for index in which], [faces[index] for index in which]
        print(f"{len(chosen)} heads {'that the bound was chosen on' if tuned else 'kept apart'}.\n")
        print(f"| lens | depth | face's relief to the landmarks' | taken | distance off | as used |\n|{'---|' * 6}")
        for name, fault in DEPTHS.items():
            for lens in LENSES:
                print(f"| x {lens:g} | {name} | {row(chosen, theirs, replace(fault, lens=lens))} |", flush=True)
        print()


if __name__ == "__main__":
    main()
