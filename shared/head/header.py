"""The header of head.rlh: how many of everything each part has, and what is said of the head; checks what it reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from shared.errors import HeadFormatError
from shared.head.head import HeadPart, Measure, PartName, WholeHead


@dataclass(frozen=True)
class Limits:
    """What a file may hold."""

    vertices: int = 65_536  # of a part: an index has two bytes
    triangles: int = 200_000  # of a part
    moved: int = 3_000_000  # vertices, of all morphs of a part together
    names: int = 1000  # of expressions, landmarks, measures: of each
    mm: float = 10_000.0  # of every length and place


LIMITS = Limits()


@dataclass(frozen=True)
class Shape:
    """How many of everything a part has; morphs: how many vertices each moves."""

    name: PartName
    vertices: int
    triangles: int
    morphs: Mapping[str, int]

    @classmethod
    def of(cls, part: HeadPart) -> Shape:
        """The shape of that part."""
        counts = {name: len(morph.indices) for name, morph in part.morphs.items()}
        return cls(part.name, len(part.vertices), len(part.triangles), counts)

    @property
    def moved(self) -> int:
        """How many vertices all morphs move, each counted as often as it is moved."""
        return sum(self.morphs.values())

    def check(self) -> None:
        """Refuse what is too large, and what cannot be.

        Raises:
            HeadFormatError: says what is allowed.
        """
        for what, count, least, most in (
            ("vertices", self.vertices, 1, LIMITS.vertices),
            ("triangles", self.triangles, 1, LIMITS.triangles),
            ("moved vertices", self.moved, 0, LIMITS.moved),
            ("moved vertices of one expression", max(self.morphs.values(), default=0), 0, self.vertices),
            ("moved vertices of one expression", min(self.morphs.values(), default=0), 0, self.vertices),
        ):
            if not least <= count <= most:
                raise HeadFormatError(f"{self.name} with {count} {what}; {least} to {most} are allowed")


@dataclass(frozen=True)
class Header:
    """What a file says before its planes.

    origin: (3,) mm; step, morph_step: mm, what one of a plane's units is.
    head: all but its parts.
    """

    shapes: tuple[Shape, ...]
    origin: np.ndarray
    step: float
    morph_step: float
    head: WholeHead

    def to_json(self) -> bytes:
        """As the file has it."""
        shapes = [vars(shape) | {"morphs": dict(shape.morphs)} for shape in self.shapes]
        steps = {"origin": self.origin.tolist(), "step": self.step, "morph_step": self.morph_step}
        return json.dumps({"parts": shapes, **steps, **_facts(self.head)}, allow_nan=False).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Header:
        """Read and check it.

        Raises:
            HeadFormatError: it is none, or says what is not allowed.
        """
        try:
            found = json.loads(text)
            shapes = tuple(_shape(part) for part in found["parts"])
            step, morph_step = (_numbers(found[name])[()] for name in ("step", "morph_step"))
            header = cls(shapes, _numbers(found["origin"], 3), float(step), float(morph_step), _head(found))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise HeadFormatError(f"the head's header cannot be read: {error}") from error
        header.check()
        return header

    def check(self) -> None:
        """Refuse what is too large, and what cannot be.

        Raises:
            HeadFormatError: says what is allowed.
        """
        names = [shape.name for shape in self.shapes]
        if not names or len(set(names)) < len(names) or not set(names) <= set(get_args(PartName)):
            raise HeadFormatError(f"a head of the parts {names[:9]}; one or more of {get_args(PartName)} are allowed")
        for shape in self.shapes:
            shape.check()
            if not set(shape.morphs) <= set(self.head.expressions):
                raise HeadFormatError(f"{shape.name} has a morph that is none of the head's expressions")
        for step in (self.step, self.morph_step):
            if not 0 < step <= 1:
                raise HeadFormatError(f"a step of {step} mm is not allowed; above 0 and at most 1 is")
        for what in (self.head.expressions, self.head.weights, self.head.landmarks, self.head.measures):
            if len(what) > LIMITS.names:
                raise HeadFormatError(f"{len(what)} names of one kind; at most {LIMITS.names} are allowed")


def _facts(head: WholeHead) -> dict[str, Any]:
    """What is said of a head beside its parts; places to a hundredth of a millimetre."""
    measures = [
        {
            "name": each.name,
            "length_mm": round(float(each.length_mm), 2),
            "error_mm": round(float(each.error_mm), 2),
            "ends": np.round(each.ends.astype(float), 2).tolist(),
        }
        for each in head.measures
    ]
    return {
        "expressions": list(head.expressions),
        "weights": {name: round(float(weight), 4) for name, weight in head.weights.items()},
        "rotation": np.round(head.rotation.astype(float), 6).tolist(),
        "eyes_mm": np.round(head.eyes_mm.astype(float), 2).tolist(),
        "landmarks": {name: np.round(place.astype(float), 2).tolist() for name, place in head.landmarks.items()},
        "measures": measures,
    }


def _head(found: Mapping[str, Any]) -> WholeHead:
    """The head without parts that the header tells of."""
    measures = tuple(
        Measure(
            str(each["name"]),
            float(_numbers(each["length_mm"])),
            float(_numbers(each["error_mm"])),
            _numbers(each["ends"], 2, 3),
        )
        for each in found["measures"]
    )
    return WholeHead(
        parts=(),
        expressions=tuple(str(name) for name in found["expressions"]),
        weights={str(name): float(_numbers(weight)) for name, weight in found["weights"].items()},
        rotation=_numbers(found["rotation"], 3, 3),
        eyes_mm=_numbers(found["eyes_mm"], 3),
        landmarks={str(name): _numbers(place, 3) for name, place in found["landmarks"].items()},
        measures=measures,
    )


def _shape(part: Mapping[str, Any]) -> Shape:
    morphs = {str(name): int(count) for name, count in part["morphs"].items()}
    name: PartName = str(part["name"])  # type: ignore[assignment]  # checked with the others
    return Shape(name, int(part["vertices"]), int(part["triangles"]), morphs)


def _numbers(value: Any, *shape: int) -> np.ndarray:
    """A number, or numbers of that shape.

    Raises:
        ValueError: they are others, or so large that they cannot be meant.
    """
    numbers = np.asarray(value, float)
    if numbers.shape != shape or not (np.abs(numbers) <= LIMITS.mm).all():
        raise ValueError(f"expected numbers of shape {shape}, at most {LIMITS.mm}; got {str(value)[:60]}")
    return numbers
