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

from tests.support.seeding import DATA
from tests.worker.depth.moge.cases import case, outputs_of
from worker.depth import registry
from worker.depth.moge.network import image_plane
from worker.depth.moge.rows import ROWS
from worker.depth.network.loading import spec_of

NETWORKS = [row.name for row in ROWS]
SMALL = "moge_2_vits_normal"
LARGER = [pytest.param(name, marks=pytest.mark.slow) for name in NETWORKS if name != SMALL]


def share_of_range(found, expected):
    """The largest difference, as a share of what the values span; of a single number, of itself."""
    return np.abs(found - expected).max() / (np.ptp(expected) or np.abs(expected).max())


def raw_outputs(official, model, reading):
    """What our network gives of a case's photo."""
    inputs = reading.inputs(official.photo, reading.input_size_wh(official.size_wh))
    return tuple(output[0] for output in model.backend(tuple(values[None] for values in inputs)))


def assert_equal_to_the_official(raw, official):
    ours = outputs_of(official, *raw)
    errors = {key: share_of_range(ours[key], expected) for key, expected in official.outputs.items()}
    assert ours.keys() == errors.keys()
    assert max(errors.values()) <= 1e-4, errors


@pytest.mark.parametrize("name", [SMALL, *LARGER])
def test_outputs_and_the_prediction_of_an_upright_photo_equal_the_official_ones(name, seeded_model):
    official, model = case(name, "portrait"), seeded_model(name)
    reading = registry.row(name).reading.with_tokens(official.tokens)
    raw = raw_outputs(official, model, reading)
    assert_equal_to_the_official(raw, official)
    prediction = reading.prediction(raw, official.size_wh, model.backend.resized)
    mask = official.inferred["mask"]
    np.testing.assert_array_equal(prediction.mask, mask)
    np.testing.assert_allclose(1 / prediction.disparity[mask], 1000 * official.inferred["depth"][mask], rtol=1e-3)
    lens = official.inferred["intrinsics"] * np.reshape([*official.size_wh, 1], (3, 1))
    np.testing.assert_allclose([prediction.camera.fx, prediction.camera.fy], [lens[0, 0], lens[1, 1]], rtol=1e-3)
    if "normal" in official.outputs:
        np.testing.assert_allclose(prediction.normals[mask], official.outputs["normal"][mask], atol=2e-4)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "which"), [*product(NETWORKS, ("landscape", "square"))])
def test_outputs_of_other_photos_equal_the_official_networks(name, which, seeded_model):
    official = case(name, which)
    reading = registry.row(name).reading.with_tokens(official.tokens)
    assert_equal_to_the_official(raw_outputs(official, seeded_model(name), reading), official)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_official_checkpoints_describe_our_network(name):
    config = json.loads(gzip.decompress((DATA / "moge" / "model_configs.json.gz").read_bytes()))[name]
    row = registry.row(name)
    expected = spec_of(row).config
    assert {path: reduce(getitem, path.split("."), config) for path in expected} == expected
    assert expected["remap_output"] == "exp"
    assert expected["encoder.intermediate_layers"] == list(row.arguments["taps"])


@pytest.fixture(scope="module")
def untrained():
    """The small network with random weights; its last convolutions are made strong, so that outputs vary."""
    torch.manual_seed(3)
    network = spec_of(registry.row(SMALL)).build().eval().requires_grad_(False)
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
