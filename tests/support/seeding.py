"""Stand-ins for trained weights, from which the official networks computed the reference outputs in tests/data.

Every entry of an official network's state dict was filled with numbers that depend only on the entry's *name and
shape* (`seeded`); the network was put in eval mode, and run in float32 on one fixed input (`fixed_input`). For each
model there are two files:

  <model>.keys.json.gz  {state-dict key: [shape, dtype]}: exactly the keys that the official checkpoint file carries
  <model>.npz           disparity: float32 (H, W), the official output; input_hw: the (H, W) given to `fixed_input`;
                        of MoGe-2 see tests/worker/depth/moge/cases.py

MoGe-2 has its own `seeded`, and model_configs.json.gz: what each official checkpoint says of its network.

Made with isl-org/MiDaS v3.1, timm 0.6.13, geffnet (efficientnet_lite3), torchvision (resnext101_32x8d), with
DepthAnything/Depth-Anything-V2, and with microsoft/MoGe 0744441 (utils3d 3fab839); torch 2.14.1 on a CPU.
"""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path

import numpy as np
import torch

from tests.support import moge_weights

DATA = Path(__file__).parents[1] / "data"
FAMILIES = ("midas", "depth_anything", "moge")


def seeded(key, shape):
    """float32 array of `shape` for one floating-point state-dict entry, a function of `key` and `shape` alone."""
    rng = np.random.default_rng(zlib.crc32(key.encode()))
    shape = tuple(shape)
    if key.endswith("running_var"):
        values = rng.uniform(0.5, 1.5, shape)
    elif key.endswith("running_mean"):
        values = rng.normal(0, 0.1, shape)
    elif len(shape) <= 1:
        values = rng.normal(0, 0.02, shape)
        if key.endswith(("weight", "gamma", "gamma_1", "gamma_2")):
            values = values + 1.0
        if key.endswith("output_conv2.2.bias"):  # of Depth Anything, whose output would be zero almost everywhere
            values = values + 2.0
    else:
        fan_in = int(np.prod(shape[1:]))
        values = rng.normal(0, 1, shape) / np.sqrt(max(fan_in, 1))
    return np.asarray(values, dtype=np.float32)


def fixed_input(height, width):
    """float32 (1, 3, height, width): the network input (already normalised) that the reference outputs belong to."""
    waves, noise = waves_and_noise(height, width)
    return (waves + 0.1 * noise).astype(np.float32)[None]


def waves_and_noise(height, width):
    """What the inputs are made of, two (3, height, width): smooth between -1 and 1, and normally distributed."""
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    waves = np.stack([np.sin(9 * x + 3 * y), np.cos(7 * y - 2 * x), np.sin(5 * (x + y))])
    return waves, np.random.default_rng(7).normal(size=waves.shape)


def _reference_file(name):
    return next(DATA / family / name for family in FAMILIES if (DATA / family / name).is_file())


def official_keys(model):
    """{key: (shape, dtype name)} of the official checkpoint."""
    return json.loads(gzip.decompress(_reference_file(f"{model}.keys.json.gz").read_bytes()))


def seeded_checkpoint(model):
    """A state dict with the official keys; index tables, which no network may need, are all zeros."""
    fill = moge_weights.seeded if _reference_file(f"{model}.npz").parent.name == "moge" else seeded
    state = {}
    for key, (shape, dtype) in official_keys(model).items():
        if any(table in key for table in ("relative_position_index", "relative_coords_table", "attn_mask", "_idxs")):
            state[key] = torch.zeros(shape, dtype=getattr(torch, dtype))
        elif dtype == "float32":
            state[key] = torch.from_numpy(fill(key, shape))
        else:
            state[key] = torch.zeros(shape, dtype=getattr(torch, dtype))
    return state


def write_checkpoint(model, path):
    """Write the seeded checkpoint as a real .pt file; where the official one describes its network, as this does."""
    content = seeded_checkpoint(model)
    configs = _reference_file(f"{model}.npz").with_name("model_configs.json.gz")
    if configs.is_file():
        content = {"model_config": json.loads(gzip.decompress(configs.read_bytes()))[model], "model": content}
    torch.save(content, path)
    return path


def reference(model):
    """The official network's input (1, 3, H, W) and disparity (H, W), both float32."""
    with np.load(_reference_file(f"{model}.npz")) as stored:
        return fixed_input(*stored["input_hw"].tolist()), stored["disparity"]
