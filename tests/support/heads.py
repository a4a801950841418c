"""A whole head for tests: an egg with hair that opens its mouth; small, and of the kind that workers make."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from shared.head.head import HeadPart, Measure, Morph, PartName, WholeHead

MIDDLE = (10.0, -20.0, 690.0)  # mm, of the skull; the face looks at the camera
SKIN, HAIR, EYES = (205, 160, 135), (60, 44, 34), (240, 240, 240)
EXPRESSIONS = ("eyeBlinkLeft", "eyeBlinkRight", "jawOpen", "mouthSmileLeft", "mouthSmileRight")


def egg(name: PartName, radii_mm: tuple[float, float, float], colour: tuple[int, int, int], rings: int) -> HeadPart:
    """A closed ellipsoid; vertices stand twice along one line from pole to pole, as on the seam of a texture."""
    down, around = np.meshgrid(np.linspace(0, np.pi, rings), np.linspace(0, 2 * np.pi, 2 * rings), indexing="ij")
    unit = np.stack([np.sin(down) * np.sin(around), -np.cos(down), np.sin(down) * np.cos(around)], -1)
    unit[:, -1] = unit[:, 0]
    unit[[0, -1], :, ::2] = 0
    corner = np.arange(rings * 2 * rings).reshape(rings, 2 * rings)
    a, b, c, d = corner[:-1, :-1], corner[:-1, 1:], corner[1:, :-1], corner[1:, 1:]
    triangles = np.concatenate([np.stack(each, -1).reshape(-1, 3) for each in ((a, b, c), (b, d, c))])
    vertices = (unit * radii_mm + MIDDLE).reshape(-1, 3).astype(np.float32)
    uv = np.stack([around / 2 / np.pi, 1 - down / np.pi], -1).reshape(-1, 2).astype(np.float32)
    rgb = np.tile(np.array(colour, np.uint8), (len(vertices), 1))
    return HeadPart(name, vertices, triangles.astype(np.int32), uv, rgb, np.full((8, 16, 3), colour, np.uint8), {})


def moved(part: HeadPart, name: str, at_mm: tuple[float, float], offset_mm: tuple[float, float, float]) -> HeadPart:
    """The part with an expression that moves its front around a place (x, y)."""
    away = np.hypot(*(part.vertices[:, :2] - at_mm).T)
    there = np.flatnonzero((away < 40) & (part.vertices[:, 2] < MIDDLE[2]))
    strength = np.cos(away[there] / 40 * np.pi / 2)[:, None]
    morph = Morph(there.astype(np.int32), (strength * offset_mm).astype(np.float32))
    return replace(part, morphs={**part.morphs, name: morph})


def closed_head(rings: int = 24) -> WholeHead:
    """The same with closed hair, eyes and teeth, all but the teeth of one piece with the skin."""
    head = some_head(rings)
    hair = placed(egg("hair", (78, 80, 90), HAIR, rings), (0, -50, 20))
    balls = [placed(egg("eyes", (12, 12, 12), EYES, rings), (side, -8, -83)) for side in (-31.5, 31.5)]
    teeth = placed(egg("teeth", (20, 5, 10), EYES, rings), (0, 60, -50))
    jaw = Morph(np.arange(len(teeth.vertices), dtype=np.int32), np.full_like(teeth.vertices, (0, 20, 4)))
    return replace(head, parts=(head.parts[0], both(*balls), replace(teeth, morphs={"jawOpen": jaw}), hair))


def placed(part: HeadPart, offset_mm: tuple[float, float, float]) -> HeadPart:
    """The part elsewhere."""
    return replace(part, vertices=part.vertices + np.array(offset_mm, np.float32))


def both(one: HeadPart, other: HeadPart) -> HeadPart:
    """Two parts of one texture as one."""
    triangles = np.concatenate([one.triangles, other.triangles + len(one.vertices)]).astype(np.int32)
    arrays = {name: np.concatenate([getattr(one, name), getattr(other, name)]) for name in ("vertices", "uv", "rgb")}
    return replace(one, triangles=triangles, **arrays)


def some_head(rings: int = 24) -> WholeHead:
    """Skin with five expressions, hair that covers its upper half behind, and the measures of its pupils and height."""
    skin = egg("skin", (75, 110, 95), SKIN, rings)
    skin = moved(skin, "eyeBlinkLeft", (42, -30), (0, 6, -8))
    skin = moved(skin, "eyeBlinkRight", (-22, -30), (0, 6, -8))
    skin = moved(skin, "jawOpen", (10, 50), (0, 25, 5))
    skin = moved(skin, "mouthSmileLeft", (35, 25), (6, -5, 4))
    skin = moved(skin, "mouthSmileRight", (-15, 25), (-6, -5, 4))
    hair = egg("hair", (82, 118, 102), HAIR, rings)
    behind = hair.vertices[:, 2] - 0.6 * hair.vertices[:, 1] > 695
    hair = replace(hair, triangles=hair.triangles[behind[hair.triangles].all(axis=1)])
    pupils = np.array([[-21.5, -30, 605], [41.5, -30, 605]])
    profile = np.array([[10, -40, 597], [10, 80, 620]])
    return WholeHead(
        parts=(skin, hair),
        expressions=EXPRESSIONS,
        weights={"mouthSmileLeft": 0.5, "mouthSmileRight": 0.4},
        rotation=np.eye(3),
        eyes_mm=np.array([10.0, -30.0, 605.0]),
        landmarks={"pupil_right": pupils[0], "pupil_left": pupils[1], "chin": profile[1]},
        measures=(Measure("pupils", 63.0, 2.1, pupils), Measure("face height", 122.2, 3.4, profile)),
    )
