"""Numbers that stand for the trained weights of MoGe-2; see `tests.support.seeding`.

They differ from those of the other families. The position embedding is strong, since else its interpolation would not
show. The last layers are scaled and biased, and the coordinates of the image plane pass through three 1 x 1 layers into
x and y, so that points look like a scene, normals mostly face the camera, and the mask has both kinds of pixels.
"""

from __future__ import annotations

import zlib

import numpy as np

CONSTANTS = {"encoder.image_mean": (0.485, 0.456, 0.406), "encoder.image_std": (0.229, 0.224, 0.225)}
PASSING = {
    "neck.input_blocks.4.weight": 16.0,
    "points_head.input_blocks.4.weight": 1.0,
    "points_head.output_blocks.4.weight": 0.0625,
}
OUTPUT_SCALE = {"points_head": (0.03, 0.03, 0.1), "normal_head": (0.2, 0.2, 0.2), "mask_head": (0.5,)}
OUTPUT_BIAS = {"points_head": (0.0, 0.0, 0.0), "normal_head": (0.0, 0.0, -1.5), "mask_head": (2.0,)}


def seeded(key, shape):
    """float32 array of `shape` for one state-dict entry, a function of `key` and `shape` alone."""
    if key in CONSTANTS:
        return np.reshape(np.float32(CONSTANTS[key]), shape)
    rng = np.random.default_rng(zlib.crc32(key.encode()))
    if key.endswith("pos_embed"):
        values = rng.normal(0, 0.5, shape)
    elif len(shape) <= 1:
        values = rng.normal(0, 0.02, shape) + key.endswith(("weight", "gamma"))
    else:
        values = rng.normal(0, 1, shape) / np.sqrt(np.prod(shape[1:]))
    head, _, layer = key.partition(".")
    if layer == "output_blocks.4.weight":
        values *= np.reshape(OUTPUT_SCALE[head], (-1, 1, 1, 1))
    if layer == "output_blocks.4.bias":
        values += OUTPUT_BIAS[head]
    if key in PASSING:
        values[[0, 1], [0, 1]] += PASSING[key]
    return values.astype(np.float32)
