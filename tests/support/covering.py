"""Faces that something hides: a mask, a hand, dark glasses, a scarf, or the photo's border. Drawn by a seed."""

import cv2
import numpy as np

JAW = (132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361)
LOWER = ("mouth", "chin")
COVERS = {"mask": LOWER, "hand": ("mouth",), "sunglasses": ("right eye", "left eye"), "scarf": LOWER}
CUTS = {"right half": ("right half",), "left half": ("left half",), "below the nose": LOWER, "eyes alone": LOWER}
"""What each of them hides at least."""


class Drawing:
    """Where a face lies that is to be covered: side of its box, and its axes as seen, of (468, 2) landmarks."""

    def __init__(self, points: np.ndarray) -> None:
        self.points = points
        self.side = float(np.ptp(points, axis=0).max())
        self.down = (points[152] - points[10]) / np.linalg.norm(points[152] - points[10])
        self.across = np.array([self.down[1], -self.down[0]])

    def at(self, landmark: int, across: float = 0.0, down: float = 0.0) -> np.ndarray:
        """A place so many sides of the face beside a landmark."""
        return self.points[landmark] + self.side * (across * self.across + down * self.down)


def covered_by(kind: str, pixels: np.ndarray, points: np.ndarray, seed: int = 0) -> np.ndarray:
    """A photo (H, W, 3) uint8 with something before the face of (468, 2) landmarks."""
    random, face = np.random.default_rng([seed, list(COVERS).index(kind)]), Drawing(points)
    picture = pixels.astype(np.float32)
    if kind == "hand":
        return _with_fingers(picture, face, random)
    share = np.zeros(pixels.shape[:2], np.uint8)
    if kind == "mask":
        _fill(share, [*points[list(JAW)] + 0.03 * face.side * face.down, *points[[280, 197, 50]]])
        colour = random.choice([(190.0, 215.0, 230.0), (235.0, 235.0, 235.0), (40.0, 40.0, 45.0)])
    elif kind == "scarf":
        _fill(
            share,
            [
                face.at(93, -0.2),
                face.at(2, 0, -0.03),
                face.at(323, 0.2),
                face.at(323, 0.4, 0.9),
                face.at(93, -0.4, 0.9),
            ],
        )
        colour = random.uniform(30, 200, 3)
    else:
        _glasses(share, face)
        colour = np.full(3, random.uniform(10, 40))
    v, u = np.mgrid[: share.shape[0], : share.shape[1]]
    folds = 10 * np.sin((u * face.down[0] + v * face.down[1]) / (0.04 * face.side))
    cloth = colour + (folds + random.normal(0, 3, share.shape))[..., None]
    return _mixed(picture, cloth * _light(picture, face.side), share, face.side / 250)


def cut_by(kind: str, pixels: np.ndarray, points: np.ndarray) -> np.ndarray:
    """A photo (H, W, 3) whose border hides a part of an upright face of (468, 2) landmarks."""
    face, bridge = Drawing(points), int(points[168, 0])
    left, right = (int(edge) for edge in (points[:, 0].min() - 0.3 * face.side, points[:, 0].max() + 0.3 * face.side))
    top = int(points[[105, 334], 1].min() - 0.12 * face.side)
    part = {
        "right half": np.s_[:, bridge:],  # the person's right, left in the photo
        "left half": np.s_[:, :bridge],
        "below the nose": np.s_[: int(face.at(2, 0, 0.02)[1])],
        "eyes alone": np.s_[max(0, top) : int(points[4, 1]), max(0, left) : right],
    }
    return np.ascontiguousarray(pixels[part[kind]])


def _with_fingers(picture: np.ndarray, face: Drawing, random: np.random.Generator) -> np.ndarray:
    """Four fingers from one side over the mouth, in the colour of the forehead, each with a dark edge."""
    forehead = np.zeros(picture.shape[:2], np.uint8)
    _fill(forehead, face.points[[9, 107, 336]])
    skin = np.median(picture[forehead > 0], axis=0)
    for finger in range(4):
        ends = (
            face.at(14, 0.75, 0.15 + 0.11 * finger),
            face.at(14, -0.28 + 0.03 * abs(finger - 1.5), 0.12 * finger - 0.2),
        )
        for width, brightness in ((0.13, 0.62), (0.11, random.uniform(0.92, 1.02))):
            share = np.zeros(picture.shape[:2], np.uint8)
            cv2.line(share, *(_pixel(end) for end in ends), 255, max(2, int(width * face.side)), cv2.LINE_AA)
            colour = skin * brightness + random.normal(0, 2, share.shape)[..., None]
            picture = _mixed(picture, colour, share, face.side / 200).astype(np.float32)
    return picture.astype(np.uint8)


def _glasses(share: np.ndarray, face: Drawing) -> None:
    """Two dark ovals and a bridge."""
    degrees = float(np.degrees(np.arctan2(face.across[1], face.across[0])))
    axes = int(0.16 * face.side), int(0.12 * face.side)
    for corners in ((33, 133), (362, 263)):
        middle = face.points[list(corners)].mean(0) + 0.02 * face.side * face.down
        cv2.ellipse(share, _pixel(middle), axes, degrees, 0, 360, 255, -1, cv2.LINE_AA)
    cv2.line(share, _pixel(face.points[133]), _pixel(face.points[362]), 255, max(2, int(0.03 * face.side)), cv2.LINE_AA)


def _mixed(picture: np.ndarray, cover: np.ndarray, share: np.ndarray, blur_px: float) -> np.ndarray:
    soft = cv2.GaussianBlur(share, (0, 0), max(0.6, blur_px))[..., None] / np.float32(255)
    return np.clip(picture + soft * (cover - picture), 0, 255).astype(np.uint8)


def _light(picture: np.ndarray, side: float) -> np.ndarray:
    """(H, W, 1) how bright the photo is round each place, next to its mean."""
    gray = cv2.GaussianBlur(picture.mean(-1), (0, 0), side / 6)
    return (gray / max(float(gray.mean()), 1)).clip(0.7, 1.3)[..., None]


def _fill(share: np.ndarray, corners) -> None:
    cv2.fillPoly(share, [np.rint(np.array(corners)).astype(np.int32)], 255, cv2.LINE_AA)


def _pixel(place: np.ndarray) -> tuple[int, int]:
    return int(place[0]), int(place[1])
