"""Official checkpoints into our networks: strictly, key by key."""

from __future__ import annotations

import pickle
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
    constants: keys of the checkpoint whose numbers are known, and stand in our code.
    config: what the checkpoint has to say of its network in "model_config", by path; shapes do not tell everything.
    """

    build: Callable[[], nn.Module]
    renames: Renames
    unused: frozenset[str] = frozenset()
    constants: Mapping[str, Sequence[float]] = field(default_factory=dict)
    config: Mapping[str, object] = field(default_factory=dict)

    def learned(self, keys: Iterable[str]) -> dict[str, str]:
        """Our name of each key of a checkpoint that has something learned."""
        given = {*self.unused, *self.constants}
        return {key: renamed(key, self.renames) for key in keys if key not in given and not INDEX_TABLES.search(key)}


def load_network(spec: NetworkSpec, path: Path) -> nn.Module:
    """Build a network with the weights of a checkpoint file, memory-mapped where the file allows.

    Returns:
        The network on the CPU, in eval mode, without gradients.
    Raises:
        WeightsError: the file cannot be read, or a key is missing, unknown or of another shape, or the file describes
            another network; it names the keys.
    """
    with torch.device("meta"):
        network = spec.build()
    content, config = _read(path)
    state = {ours: content[key] for key, ours in spec.learned(content).items()}
    complaints = [f"{key} is missing" for key in spec.unused - content.keys()]
    complaints += [*_wrong_constants(spec.constants, content), *_wrong_config(spec.config, config)]
    _check(state, network.state_dict(), complaints, path)
    network.load_state_dict(state, assign=True)
    _fill_index_tables(network)
    return network.eval().requires_grad_(False)


def _read(path: Path) -> tuple[Mapping[str, Tensor], object]:
    """The state dict in a file, and what the file says of the network; None where nothing.

    The official files are a state dict, or hold one beside the optimizer's state or the network's description.
    """
    try:
        # Files of before torch 1.6 are no zip archives, which only can be mapped.
        content = torch.load(path, map_location="cpu", mmap=zipfile.is_zipfile(path), weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        raise WeightsError(f"{path} cannot be read as a checkpoint: {error}") from error
    state = content.get("model", content) if isinstance(content, Mapping) else None
    if not isinstance(state, Mapping) or not all(isinstance(value, Tensor) for value in state.values()):
        raise WeightsError(f"{path} holds no state dict of a network")
    return state, None if state is content else content.get("model_config")


def renamed(key: str, renames: Renames) -> str:
    """Our name for a key of an official checkpoint."""
    for pattern, replacement in renames:
        key = re.sub(pattern, replacement, key)
    return key


def _wrong_constants(constants: Mapping[str, Sequence[float]], content: Mapping[str, Tensor]) -> Iterator[str]:
    for key, expected in constants.items():
        if key not in content:
            yield f"{key} is missing"
        elif not torch.equal(content[key].flatten().float(), torch.tensor(expected)):
            yield f"{key} is {content[key].flatten().tolist()}, {list(expected)} is expected"


def _wrong_config(expected: Mapping[str, object], config: object) -> Iterator[str]:
    if expected and config is None:
        yield "model_config is missing"
        return
    for path, value in expected.items():
        found = config
        for name in path.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
        if found != value:
            yield f"model_config says {path} is {found!r}, {value!r} is expected"


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
