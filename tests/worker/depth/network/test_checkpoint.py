import re
from dataclasses import replace

import pytest
import torch
from torch import nn

from shared.errors import WeightsError
from worker.depth.network.checkpoint import NetworkSpec, load_network


class Tiny(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 2)
        self.register_buffer("attn_mask", torch.arange(4.0), persistent=False)

    def init_non_persistent_buffers(self):
        self.attn_mask.copy_(torch.arange(4.0))


SPEC = NetworkSpec(Tiny, ((r"^pretrained\.", ""),))


def state(**changes):
    entries = {"pretrained.first.weight": torch.ones(2, 3), "pretrained.first.bias": torch.ones(2)}
    return {key: value for key, value in (entries | changes).items() if value is not None}


@pytest.fixture
def saved(tmp_path):
    def save(content, **options):
        torch.save(content, tmp_path / "net.pt", **options)
        return tmp_path / "net.pt"

    return save


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("wrapped", [True, False])
def test_a_checkpoint_is_read_in_each_format_the_official_files_have(saved, zipped, wrapped):
    content = {"model": state(), "optimizer": {"step": 3}} if wrapped else state()
    network = load_network(SPEC, saved(content, _use_new_zipfile_serialization=zipped))
    assert torch.equal(network.first.weight, torch.ones(2, 3))
    assert not network.training
    assert not network.first.weight.requires_grad


def test_index_tables_are_computed_and_not_taken_from_the_file(saved):
    network = load_network(SPEC, saved(state(**{"pretrained.attn_mask": torch.zeros(9)})))
    assert torch.equal(network.attn_mask, torch.arange(4.0))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"pretrained.first.bias": None}, "first.bias is missing"),
        ({"pretrained.second.bias": torch.ones(2)}, "second.bias is unknown"),
        ({"pretrained.first.weight": torch.ones(3, 2)}, "first.weight has shape (3, 2), (2, 3) is expected"),
        ({"pretrained.first.weight": torch.ones(2, 3).half()}, "first.weight is torch.float16"),
    ],
)
def test_a_key_that_does_not_fit_is_refused_by_name(saved, changes, complaint):
    with pytest.raises(WeightsError, match=re.escape(complaint)):
        load_network(SPEC, saved(state(**changes)))


def test_what_only_training_needs_has_to_be_there_and_is_left_out(saved):
    spec = NetworkSpec(Tiny, SPEC.renames, unused=frozenset({"pretrained.mask_token"}))
    network = load_network(spec, saved(state(**{"pretrained.mask_token": torch.ones(1)})))
    assert torch.equal(network.first.weight, torch.ones(2, 3))
    with pytest.raises(WeightsError, match="mask_token is missing"):
        load_network(spec, saved(state()))


DESCRIBED = replace(SPEC, config={"remap": "exp", "encoder.taps": [5, 11]})


def test_a_checkpoint_that_describes_its_network_is_taken_where_it_is_ours(saved):
    config = {"remap": "exp", "encoder": {"taps": [5, 11], "name": "any"}}
    load_network(DESCRIBED, saved({"model": state(), "model_config": config}))


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ({"remap": "sinh", "encoder": {"taps": [5, 11]}}, "says remap is 'sinh', 'exp' is expected"),
        ({"remap": "exp", "encoder": {"taps": 4}}, "says encoder.taps is 4, [5, 11] is expected"),
        ({"remap": "exp", "encoder": "vits"}, "says encoder.taps is None, [5, 11] is expected"),
        (None, "model_config is missing"),
    ],
)
def test_a_checkpoint_that_describes_another_network_is_refused(saved, config, complaint):
    with pytest.raises(WeightsError, match=re.escape(complaint)):
        load_network(DESCRIBED, saved({"model": state(), "model_config": config}))


@pytest.mark.parametrize(
    ("mean", "complaint"),
    [(torch.full((1, 3), 0.25), "mean is [0.25, 0.25, 0.25], [0.5, 0.25, 0.25]"), (None, "mean is missing")],
)
def test_a_checkpoint_with_other_constants_than_in_our_code_is_refused(saved, mean, complaint):
    spec = replace(SPEC, constants={"mean": (0.5, 0.25, 0.25)})
    load_network(spec, saved(state(mean=torch.tensor([[0.5, 0.25, 0.25]]))))
    with pytest.raises(WeightsError, match=re.escape(complaint)):
        load_network(spec, saved(state(mean=mean)))


def test_of_many_wrong_keys_a_few_are_named_and_the_rest_counted(saved):
    with pytest.raises(WeightsError, match="and 3 more"):
        load_network(SPEC, saved(state(**{f"k{n}": torch.ones(1) for n in range(8)})))


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"PK\x03\x04 torn"])
def test_a_file_that_is_no_checkpoint_is_refused_by_its_path(tmp_path, content):
    (tmp_path / "net.pt").write_bytes(content)
    with pytest.raises(WeightsError, match=r"net\.pt"):
        load_network(SPEC, tmp_path / "net.pt")


def test_code_inside_a_checkpoint_is_not_run(saved):
    class Evil:
        def __reduce__(self):
            return (print, ("code from the file",))

    with pytest.raises(WeightsError, match="cannot be read"):
        load_network(SPEC, saved({"first.bias": Evil()}))


def test_a_file_of_something_else_is_refused(saved):
    with pytest.raises(WeightsError, match="no state dict"):
        load_network(SPEC, saved([1, 2, 3]))


def test_building_draws_no_random_numbers(saved):
    before = torch.get_rng_state()
    load_network(SPEC, saved(state()))
    assert torch.equal(torch.get_rng_state(), before)
