"""Random people in MakeHuman's terms, and the principal modes of their heads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from worker.head.model.build.source import Source

OPPOSITES = {
    "decr": "incr", "down": "up", "in": "out", "backward": "forward", "concave": "convex", "compress": "uncompress"
}  # fmt: skip
RACES, GENDERS = ("african", "asian", "caucasian"), ("female", "male")
MUSCLE = WEIGHT = ("min", "average", "max")


@dataclass(frozen=True)
class PeopleSettings:
    """How people vary; targets are in shares of full strength, standard deviations.

    Chosen so that length and breadth of heads of one size vary as people's do (ANSUR 2012: 7 and 5 mm with size).
    """

    count: int = 1200
    seed: int = 13
    sigma: Mapping[str, float] = field(
        default_factory=lambda: {
            "head": 0.10, "nose": 0.25, "eyes": 0.25, "mouth": 0.25, "ears": 0.25, "chin": 0.2, "cheek": 0.25,
            "forehead": 0.15, "eyebrows": 0.25, "neck": 0.2, "asym": 0.15,
        }
    )  # fmt: skip
    side: float = 0.15  # of a target that one side has, beside what both share, in sigmas
    race: float = 0.6  # concentration of the mixture of races: most people are mainly of one
    old: float = 0.7  # the largest share of an old person in a sample
    child: float = 0.1  # how many are children
    build: float = 0.35  # of muscle and weight about the average, standard deviation
    trunk_pitch_deg: float = 5.0
    trunk_yaw_deg: float = 8.0
    trunk_roll_deg: float = 4.0
    shoulders_up_dm: float = 0.10
    shoulders_forward_dm: float = 0.08
    lowest_dm: float = 4.0  # what lies below stays as it is
    pivot_dm: tuple[float, float, float] = (0.0, 6.6, 0.25)  # of the trunk against the head
    ears: Mapping[str, float] = field(default_factory=lambda: {"scale-incr": 0.35, "trans-up": 0.3})
    """What all ears have more of: MakeHuman's are small and low; 63 mm long, from brow to nose (Farkas, 1994)."""
    skip: tuple[str, ...] = ("head-trans", "asymm-")


PEOPLE = PeopleSettings()


class People:
    """Draws people; a person is the base mesh's vertices (19158, 3) in dm."""

    def __init__(self, source: Source) -> None:
        """Load the targets."""
        self._source, self._base = source, source.base.vertices.copy()
        self._near = self._base[:, 1] > PEOPLE.lowest_dm
        for name, share in PEOPLE.ears.items():
            self._base += share * sum(self._cropped("ears", f"{side}-ear-{name}") for side in "lr")
        self._pairs = {folder: self._pairs_of(folder) for folder in PEOPLE.sigma}
        self._macro = {name: self._cropped("macrodetails", name) for name in _macro_names()}
        neck_and_head = source.rig_weight("spine", "clavicle", "shoulder", "upperarm", "breast")
        self._trunk = np.clip(neck_and_head + 0.6 * source.rig_weight("neck"), 0, 1)
        self._shoulders = source.rig_weight("clavicle", "shoulder", "upperarm")

    def average(self) -> np.ndarray:
        """A person in the middle of all: races and genders alike, of middle age and build."""
        return self._base + self._of_kind(np.full(3, 1 / 3), 0.5, 0.3, 0.0, 0.0, 0.0)

    def draw(self, random: np.random.Generator, child: float) -> np.ndarray:
        """A random person; `child` 0 to 1 is how much of a child it is."""
        age = random.uniform(0, PEOPLE.old) * (child == 0)
        build = np.clip(random.normal(0, PEOPLE.build, 2), -1, 1)
        race = random.dirichlet(np.full(3, PEOPLE.race))
        person = self._base + self._of_kind(race, float(random.beta(0.4, 0.4)), age, child, *build)
        for folder, pairs in self._pairs.items():
            for sides in pairs:
                shared = random.normal()
                for less, more in sides:
                    value = PEOPLE.sigma[folder] * (shared + PEOPLE.side * random.normal())
                    person += value * more if value > 0 else -value * less
        return self._posed(person, random)

    def _of_kind(
        self, race: np.ndarray, male: float, old: float, child: float, muscle: float, weight: float
    ) -> np.ndarray:
        """Offsets (19158, 3) of race, gender, age and build."""
        offsets = np.zeros_like(self._base)
        ages = {"young": (1 - old) * (1 - child), "old": old * (1 - child), "child": child}
        genders = {"female": 1 - male, "male": male}
        builds = {f"{m}muscle-{w}weight": a * b for m, a in _thirds(muscle).items() for w, b in _thirds(weight).items()}
        for gender, of_gender in genders.items():
            for age, of_age in ages.items():
                share = of_gender * of_age
                for name, of_race in zip(RACES, race, strict=True):
                    offsets += share * of_race * self._macro[f"{name}-{gender}-{age}"]
                for name, of_build in builds.items():
                    if share * of_build:
                        offsets += share * of_build * self._macro[f"universal-{gender}-{age}-{name}"]
        return offsets

    def _posed(self, person: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """The trunk turned against the head, and shoulders lifted and brought forward."""
        degrees = random.normal(size=3) * [PEOPLE.trunk_pitch_deg, PEOPLE.trunk_yaw_deg, PEOPLE.trunk_roll_deg]
        turned = person
        for axis, angle in zip(np.eye(3), np.radians(degrees), strict=True):
            turned = _turned(turned, axis, angle * self._trunk, np.array(PEOPLE.pivot_dm))
        up, forward = random.normal(size=2) * [PEOPLE.shoulders_up_dm, PEOPLE.shoulders_forward_dm]
        return turned + self._shoulders[:, None] * [0, up, forward]

    def _pairs_of(self, folder: str) -> list[list[tuple[np.ndarray, np.ndarray]]]:
        """Targets by what they change: for each, the left and right side or the only one, as (less, more)."""
        names = [name for name in self._source.names(folder) if not name.startswith(PEOPLE.skip)]
        found: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
        for name in names:
            stem, _, end = name.rpartition("-")
            if end in OPPOSITES.values() and f"{stem}-{_less(end)}" in names:
                continue
            target = self._cropped(folder, name)
            other = self._cropped(folder, f"{stem}-{OPPOSITES[end]}") if end in OPPOSITES else -target
            side = re.match("[lr]-", name) if folder != "asym" else None
            found.setdefault(name[2:] if side else name, []).append((target, other))
        return list(found.values())

    def _cropped(self, folder: str, name: str) -> np.ndarray:
        offsets = self._source.target(folder, name)
        return offsets * self._near[:, None]


def _macro_names() -> list[str]:
    ages = ("young", "old", "child")
    faces = [f"{race}-{gender}-{age}" for race in RACES for gender in GENDERS for age in ages]
    builds = [f"{m}muscle-{w}weight" for m in MUSCLE for w in WEIGHT]
    return faces + [f"universal-{gender}-{age}-{build}" for gender in GENDERS for age in ages for build in builds]


def _thirds(value: float) -> dict[str, float]:
    """Linear weights of least, average and most for a value from -1 to 1."""
    return {"min": max(-value, 0.0), "average": 1 - abs(value), "max": max(value, 0.0)}


def _less(end: str) -> str:
    return next(less for less, more in OPPOSITES.items() if more == end)


def _turned(points: np.ndarray, axis: np.ndarray, angles: np.ndarray, pivot: np.ndarray) -> np.ndarray:
    """Points (N, 3) turned about an axis, each by its own angle (N,). Source: Rodrigues' formula."""
    arm = points - pivot
    cos, sin = np.cos(angles)[:, None], np.sin(angles)[:, None]
    return pivot + arm * cos + np.cross(axis, arm) * sin + np.outer(arm @ axis, axis) * (1 - cos)
