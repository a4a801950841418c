"""Ours against the official networks, through the loading path of a downloaded checkpoint."""

import gzip
import json
from copy import deepcopy
from functools import reduce
from itertools import product
from operator import getitem

import numpy as np
import pytest
import torch

from tests.support.seeding import DATA, official_keys, write_checkpoint
from tests.worker.depth.moge.cases import CASES, case, outputs_of
from worker.depth.moge.network import image_plane, moge
from worker.depth.network.checkpoint import load_network
from worker.depth.network.transforms import IMAGENET

SMALL = {"timm_name": "vit_small_patch14_dinov2", "taps": (5, 11), "blocks": (0, 1, 1, 1, 0), "normals": True}
LARGE = {"timm_name": "vit_large_patch14_dinov2", "taps": (5, 11, 17, 23), "blocks": (0, 2, 2, 2, 0)}
ARGUMENTS = {
    "moge_2_vits_normal": SMALL,
    "moge_2_vitb_normal": SMALL | {"timm_name": "vit_base_patch14_dinov2"},
    "moge_2_vitl_normal": LARGE | {"normals": True},
    "moge_2_vitl": LARGE | {"normals": False},
}
QUICK = ("moge_2_vits_normal", "portrait")
SLOW = [pytest.param(*pair, marks=pytest.mark.slow) for pair in product(ARGUMENTS, CASES) if pair != QUICK]


def normalised(photos):
    """As the networks take them, of photos (B, 3, h, w) in 0..1."""
    mean, std = (np.reshape(np.float32(values), (3, 1, 1)) for values in (IMAGENET.mean, IMAGENET.std))
    return (photos - mean) / std


def share_of_range(found, expected):
    """The largest difference, as a share of what the values span; of a single number, of itself."""
    return np.abs(found - expected).max() / (np.ptp(expected) or np.abs(expected).max())


@pytest.mark.parametrize(("name", "which"), [QUICK, *SLOW])
def test_the_outputs_equal_the_official_networks(name, which, tmp_path):
    network = load_network(moge(**ARGUMENTS[name]), write_checkpoint(name, tmp_path / "net.pt"))
    official = case(name, which)
    photo = torch.from_numpy(normalised(official.input()))
    with torch.inference_mode():
        raw = network(photo, torch.tensor([official.aspect]))
    ours = outputs_of(official, *(output[0].numpy() for output in raw))
    errors = {key: share_of_range(ours[key], expected) for key, expected in official.outputs.items()}
    assert ours.keys() == errors.keys()
    assert max(errors.values()) <= 1e-4, errors


@pytest.mark.parametrize("name", ARGUMENTS)
def test_every_official_key_is_a_parameter_of_ours_or_a_constant_or_unused(name):
    spec = moge(**ARGUMENTS[name])
    with torch.device("meta"):
        ours = {key: list(value.shape) for key, value in spec.build().state_dict().items()}
    official = official_keys(name)
    assert spec.unused | spec.constants.keys() <= official.keys()
    assert {renamed: official[key][0] for key, renamed in spec.learned(official).items()} == ours


@pytest.mark.parametrize("name", ARGUMENTS)
def test_the_official_checkpoints_describe_our_network(name):
    config = json.loads(gzip.decompress((DATA / "moge" / "model_configs.json.gz").read_bytes()))[name]
    expected = moge(**ARGUMENTS[name]).config
    assert {path: reduce(getitem, path.split("."), config) for path in expected} == expected
    assert expected["remap_output"] == "exp"
    assert expected["encoder.intermediate_layers"] == list(ARGUMENTS[name]["taps"])


@pytest.fixture(scope="module")
def untrained():
    """The small network with random weights; its last convolutions are made strong, so that outputs vary."""
    torch.manual_seed(3)
    network = moge(**SMALL).build().eval().requires_grad_(False)
    for head in network.heads.values():
        head.out.weight *= 10
    return network


def two_photos():
    """Two photos (2, 3, h, w) and their aspects."""
    return torch.randn(2, 3, 14 * 4, 14 * 6, generator=torch.Generator().manual_seed(2)), torch.tensor([1.45, 1.55])


def test_a_photo_in_a_batch_gets_what_it_gets_alone_by_its_own_aspect(untrained):
    photos, aspects = two_photos()
    together = untrained(photos, aspects)
    assert [tuple(output.shape) for output in together] == [(2, 3, 64, 96), (2, 64, 96), (2,), (2, 3, 64, 96)]
    for index in range(2):
        alone = untrained(photos[[index]], aspects[[index]])
        for output, expected in zip(together, alone, strict=True):
            np.testing.assert_allclose(output[[index]], expected, atol=1e-5)
    assert not torch.allclose(untrained(photos, aspects.flip(0))[0], together[0], atol=1e-4)


def test_in_half_precision_outputs_are_about_the_same_and_not_rounded_to_it(untrained):
    photos, aspects = two_photos()
    half = deepcopy(untrained).half()
    for output, expected in zip(half(photos.half(), aspects), untrained(photos, aspects), strict=True):
        np.testing.assert_allclose(output, expected, atol=0.01 * expected.abs().max())
        assert not torch.equal(output, output.half().float())


def test_coordinates_of_the_image_plane_agree_with_a_hand_worked_picture():
    # Of 4 x 3 the half diagonal is 2.5, so the sides lie at 2 / 2.5 = 0.8 and 1.5 / 2.5 = 0.6. Two columns have their
    # centres half way to the sides, at -0.4 and 0.4; three rows at -2/3, 0 and 2/3 of the way. The second picture is
    # upright.
    planes = image_plane(torch.tensor([4 / 3, 3 / 4]), (3, 2))
    np.testing.assert_allclose(planes[0, 0], [[-0.4, 0.4]] * 3, atol=1e-6)
    np.testing.assert_allclose(planes[0, 1], [[-0.4] * 2, [0] * 2, [0.4] * 2], atol=1e-6)
    np.testing.assert_allclose(planes[1, 0], [[-0.3, 0.3]] * 3, atol=1e-6)
    np.testing.assert_allclose(planes[1, 1, :, 0], [-0.8 * 2 / 3, 0, 0.8 * 2 / 3], atol=1e-6)
