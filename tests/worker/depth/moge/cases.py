"""What the official MoGe-2 networks gave of three photos, and ours by their raw outputs."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch.nn import functional

from tests.support.seeding import DATA, waves_and_noise

CASES = ("landscape", "portrait", "square")
"""A photo that is shrunk, one that is enlarged, and one on the position embedding's own grid."""


@dataclass(frozen=True)
class Case:
    """A photo and the official outputs, of which every so many rows and columns are kept.

    photo: (H, W, 3) float32 RGB in 0..1.
    tokens: asked for.
    outputs: points (h, w, 3) after the remap, normal (h, w, 3) of a network that has them, mask (h, w) in 0..1, and
        metric_scale; float32.
    """

    photo: np.ndarray
    tokens: int
    step: int
    outputs: dict[str, np.ndarray]

    @property
    def aspect(self):
        """Width over height."""
        return self.photo.shape[1] / self.photo.shape[0]

    def input(self):
        """The network's input (1, 3, h, w) as the official code makes it; not yet normalised."""
        rows, columns = (round((self.tokens * ratio) ** 0.5) for ratio in (1 / self.aspect, self.aspect))
        planes = torch.from_numpy(self.photo).permute(2, 0, 1)[None]
        return functional.interpolate(planes, (14 * rows, 14 * columns), mode="bilinear", antialias=True).numpy()

    def kept(self, raw):
        """A raw map (C, h, w) as the official one is stored: (H, W, C), every so many of its rows and columns."""
        height, width = self.photo.shape[:2]
        resized = cv2.resize(np.moveaxis(raw, 0, 2), (width, height), interpolation=cv2.INTER_LINEAR)
        return resized[:: self.step, :: self.step]


def case(name, which):
    """One of CASES of a network, by its row's name."""
    with np.load(DATA / "moge" / f"{name}.npz") as stored:
        height, width, tokens, step = stored[which].tolist()
        outputs = {key.removeprefix(f"{which}_"): stored[key] for key in stored if key.startswith(f"{which}_")}
    waves, noise = waves_and_noise(height, width)
    photo = np.clip(0.5 + 0.35 * waves + 0.1 * noise, 0, 1).astype(np.float32)
    return Case(np.moveaxis(photo, 0, 2), tokens, step, outputs)


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
