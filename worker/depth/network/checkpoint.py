"""Official checkpoints into our networks: strictly, key by key."""

from __future__ import annotations

import pickle
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from shared.errors import WeightsError

Renames = tuple[tuple[str, str], ...]

# Entries that are not learned: the network computes them at construction, and a checkpoint merely carries copies.
INDEX_TABLES = re.compile(r"(relative_position_index|relative_coords_table|attn_mask|attention_bias_idxs)$")


@dataclass(frozen=True)
class NetworkSpec:
    """How to build a network, and how its official checkpoint's keys become ours.

    build: gives the network; it is called on the meta device, so its weights cost nothing.
    renames: (pattern, replacement) pairs, applied in order to each key.
    unused: keys of the checkpoint that only training needs; they have to be there as well.
    """

    build: Callable[[], nn.Module]
    renames: Renames
    unused: frozenset[str] = frozenset()


def load_network(spec: NetworkSpec, path: Path) -> nn.Module:
    """Build a network with the weights of a checkpoint file, memory-mapped where the file allows.

    Returns:
        The network on the CPU, in eval mode, without gradients.
    Raises:
        WeightsError: the file cannot be read, or a key is missing, unknown or of another shape; it names the keys.
    """
    with torch.device("meta"):
        network = spec.build()
    content = _read(path)
    learned = {key: value for key, value in content.items() if key not in spec.unused and not INDEX_TABLES.search(key)}
    state = {renamed(key, spec.renames): value for key, value in learned.items()}
    _check(state, network.state_dict(), [f"{key} is missing" for key in spec.unused - content.keys()], path)
    network.load_state_dict(state, assign=True)
    _fill_index_tables(network)
    return network.eval().requires_grad_(False)


def _read(path: Path) -> Mapping[str, Tensor]:
    """The state dict in a file; the official files are one, or hold one beside the optimizer's state."""
    try:
        # Files of before torch 1.6 are no zip archives, which only can be mapped.
        content = torch.load(path, map_location="cpu", mmap=zipfile.is_zipfile(path), weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        raise WeightsError(f"{path} cannot be read as a checkpoint: {error}") from error
    state = content.get("model", content) if isinstance(content, Mapping) else None
    if not isinstance(state, Mapping) or not all(isinstance(value, Tensor) for value in state.values()):
        raise WeightsError(f"{path} holds no state dict of a network")
    return state


def renamed(key: str, renames: Renames) -> str:
    """Our name for a key of an official checkpoint."""
    for pattern, replacement in renames:
        key = re.sub(pattern, replacement, key)
    return key


def _check(state: dict[str, Tensor], ours: Mapping[str, Tensor], complaints: list[str], path: Path) -> None:
    wanted = {key: value for key, value in ours.items() if not INDEX_TABLES.search(key)}
    complaints += [f"{key} is missing" for key in wanted.keys() - state.keys()]
    complaints += [f"{key} is unknown" for key in state.keys() - wanted.keys()]
    for key in wanted.keys() & state.keys():
        found, expected = state[key], wanted[key]
        if found.shape != expected.shape:
            complaints.append(f"{key} has shape {tuple(found.shape)}, {tuple(expected.shape)} is expected")
        elif found.dtype != expected.dtype:
            complaints.append(f"{key} is {found.dtype}, {expected.dtype} is expected")
    if complaints:
        shown = "; ".join(sorted(complaints)[:5])
        more = f"; and {len(complaints) - 5} more" if len(complaints) > 5 else ""
        raise WeightsError(f"{path} is not a checkpoint of this network: {shown}{more}")


def _fill_index_tables(network: nn.Module) -> None:
    """Compute what the network did not learn, which was on the meta device until now."""
    for module in network.modules():
        empty = {name: buffer for name, buffer in module._buffers.items() if buffer is not None and buffer.is_meta}
        for name, buffer in empty.items():
            module._buffers[name] = torch.empty_like(buffer, device="cpu")
        if empty:
            fill: Any = module.init_non_persistent_buffers  # timm's own hook for this
            fill()
