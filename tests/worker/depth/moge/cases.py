"""What the official MoGe-2 networks gave of three photos, and ours by their raw outputs."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from tests.support.seeding import DATA, waves_and_noise


@dataclass(frozen=True)
class Case:
    """A photo and the official outputs, of which every so many rows and columns are kept.

    photo: (H, W, 3) float32 RGB in 0..255.
    tokens: asked for.
    step: of the rows and columns that are kept.
    outputs: of `forward`: points (h, w, 3) after the remap, normal (h, w, 3) of a network that has them, mask (h, w)
        in 0..1, and metric_scale; float32.
    inferred: of the portrait, depth (H, W) in metres, mask (H, W) bool, intrinsics (3, 3) of a unit square, and others.
    """

    photo: np.ndarray
    tokens: int
    step: int
    outputs: dict[str, np.ndarray]
    inferred: dict[str, np.ndarray]

    @property
    def size_wh(self):
        """Of the photo."""
        return self.photo.shape[1], self.photo.shape[0]

    def kept(self, raw):
        """A raw map (C, h, w) as the official one is stored: (H, W, C), every so many of its rows and columns."""
        resized = cv2.resize(np.moveaxis(raw, 0, 2), self.size_wh, interpolation=cv2.INTER_LINEAR)
        return resized[:: self.step, :: self.step]


def case(name, which):
    """Of a network by its row's name: "landscape" (shrunk), "portrait" (enlarged) or "square" (37 x 37 tokens)."""
    with np.load(DATA / "moge" / f"{name}.npz") as stored:
        height, width, tokens, step = stored[which].tolist()
        outputs, inferred = (
            {key.removeprefix(prefix): stored[key] for key in stored if key.startswith(prefix)}
            for prefix in (f"{which}_", "infer_")
        )
    waves, noise = waves_and_noise(height, width)
    photo = 255 * np.clip(0.5 + 0.35 * waves + 0.1 * noise, 0, 1).astype(np.float32)
    return Case(np.moveaxis(photo, 0, 2), tokens, step, outputs, inferred)


def outputs_of(case, points, logits, scale, normals=None):
    """Raw outputs of one photo, as the official ones: remapped, and on the photo's grid."""
    xy, z = np.split(case.kept(points), [2], axis=2)
    outputs = {
        "points": np.concatenate([xy, np.ones_like(z)], 2) * np.exp(z),
        "mask": 1 / (1 + np.exp(-case.kept(logits[None]))),
        "metric_scale": scale,
    }
    if normals is not None:
        kept = case.kept(normals)
        outputs["normal"] = kept / np.linalg.norm(kept, axis=2, keepdims=True)
    return outputs
