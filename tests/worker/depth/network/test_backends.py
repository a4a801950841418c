import json
import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from shared.errors import ModelError
from tests.support.seeding import reference
from worker.depth.midas.rows import RESNEXT, SWIN
from worker.depth.network import export, exports, torch_backend
from worker.depth.network.backends import OnnxBackend
from worker.depth.network.exports import Subject, entry_of, exported, key_of
from worker.depth.network.loading import open_backend
from worker.depth.network.point_maps import PointMapReading
from worker.depth.network.reading import DisparityReading
from worker.depth.network.row import Precision
from worker.depth.network.torch_backend import TorchBackend
from worker.depth.network.transforms import HALF, InputRule

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:onnxscript", "ignore::FutureWarning")


HALF_PRECISION = Precision("float16", channels_last=True)


class Tiny(nn.Module):
    """A network of two layers; counts how often it was built."""

    built = 0

    def __init__(self):
        super().__init__()
        type(self).built += 1
        torch.manual_seed(5)
        self.conv = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, photos):
        return self.conv(photos).relu().mean(1)


class Several(Tiny):
    """Takes a number beside each photo, and gives a map that is finer, and a number."""

    def forward(self, photos, numbers):
        seen = self.conv(photos)
        return seen.repeat_interleave(2, 2).repeat_interleave(2, 3), numbers * seen.mean((1, 2, 3))


class Untraceable(Tiny):
    def forward(self, photos):
        return photos[:, 0] if photos.sum().item() > 0 else photos[:, 1]  # which way depends on the data


def subject(folder, network=Tiny, **changes):
    settings = {"weights_sha256": "ab" * 32, "reading": reading(64), "family": Path(__file__).parent}
    return Subject(
        network=lambda: network().eval().requires_grad_(False),
        gpu_precision=HALF_PRECISION,
        cache=folder,
        **settings | changes,
    )


def reading(*rule, **changes):
    return DisparityReading(InputRule(*rule, **changes), HALF)


def some_photos(count=3, height=64, width=96):
    return (np.random.default_rng(count).normal(size=(count, 3, height, width)).astype(np.float32),)


def test_an_export_gives_what_torch_gives_at_other_sizes_and_batches(tmp_path):
    by_onnx = open_backend("onnxruntime", subject(tmp_path))
    by_torch = open_backend("torch", subject(tmp_path))
    for photos in (some_photos(1), some_photos(5, 96, 32)):
        np.testing.assert_allclose(by_onnx(photos), by_torch(photos), atol=1e-5)


def test_an_export_is_made_once_and_found_again_without_building_the_network(tmp_path):
    open_backend("onnxruntime", subject(tmp_path))
    before = Tiny.built
    open_backend("onnxruntime", subject(tmp_path))
    assert Tiny.built == before


@pytest.mark.parametrize(
    "changes",
    [
        {"weights_sha256": "cd" * 32},
        {"reading": reading(96)},
        {"reading": reading(64, fixed=True)},
        {"reading": reading(64, multiple_px=16)},
    ],
)
def test_other_weights_or_sizes_are_another_export(tmp_path, changes):
    assert entry_of(subject(tmp_path)) != entry_of(subject(tmp_path, **changes))


def test_exports_of_the_release_before_are_found():
    assert key_of("ab" * 32, reading(384)) == "18ede75d9c209dbb72d845f8"
    lower_bound = DisparityReading(InputRule(518, "lower_bound", multiple_px=14), HALF, "corners")
    assert key_of("ab" * 32, lower_bound) == "ffb0022ddfddb73374db2e23"


def test_other_code_of_the_family_makes_another_export(tmp_path):
    (tmp_path / "net.py").write_text("depth = 12")
    before = entry_of(subject(tmp_path, family=tmp_path))
    assert before == entry_of(subject(tmp_path, family=tmp_path))
    (tmp_path / "net.py").write_text("depth = 24")
    assert before != entry_of(subject(tmp_path, family=tmp_path))


def test_another_version_of_the_exporter_makes_another_export(tmp_path, monkeypatch):
    before = entry_of(subject(tmp_path))
    monkeypatch.setattr(exports, "version", lambda package: "99.0" if package == "onnxscript" else "1.0")
    assert entry_of(subject(tmp_path)) != before


def test_an_export_takes_sides_of_any_multiple_of_its_rule(tmp_path):
    by_onnx = open_backend("onnxruntime", subject(tmp_path, reading=reading(70, "lower_bound", multiple_px=14)))
    photos = some_photos(2, 84, 154)
    np.testing.assert_allclose(by_onnx(photos), open_backend("torch", subject(tmp_path))(photos), atol=1e-5)


def test_an_export_of_several_inputs_and_outputs_gives_each_as_torch_does(tmp_path):
    made = subject(tmp_path, network=Several, reading=PointMapReading(HALF, patch_px=14, tokens=1200))
    inputs = (*some_photos(2, 84, 154), np.float32([0.5, 3]))
    by_onnx, by_torch = (open_backend(name, made)(inputs) for name in ("onnxruntime", "torch"))
    assert [output.shape for output in by_onnx] == [(2, 4, 168, 308), (2,)]
    for found, expected in zip(by_onnx, by_torch, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_an_export_is_checked_in_each_output(tmp_path, monkeypatch):
    class Off(OnnxBackend):
        def __call__(self, inputs):
            first, numbers = super().__call__(inputs)
            return first, numbers * 1.01

    monkeypatch.setattr(export, "OnnxBackend", Off)
    with pytest.raises(ModelError, match="off by"):
        exported(subject(tmp_path, network=Several, reading=PointMapReading(HALF, patch_px=14, tokens=1200)))


def test_an_export_at_the_native_size_only_is_made_too(tmp_path):
    photos = some_photos(2, 64, 64)
    by_onnx = open_backend("onnxruntime", subject(tmp_path, reading=reading(64, fixed=True)))
    np.testing.assert_allclose(by_onnx(photos), open_backend("torch", subject(tmp_path))(photos), atol=1e-5)


def test_an_export_that_differs_from_torch_is_refused_and_its_failure_alone_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(
        export, "OnnxBackend", lambda path, threads: lambda inputs: (OnnxBackend(path)(inputs)[0] * 1.01,)
    )
    with pytest.raises(ModelError, match="off by"):
        open_backend("onnxruntime", subject(tmp_path))
    assert [path.suffix for path in tmp_path.iterdir()] == [".failed"]


@pytest.mark.parametrize(("torch_ms", "onnx_ms", "name"), [(9.0, 5.0, "onnxruntime"), (5.0, 9.0, "torch")])
def test_auto_takes_what_was_measured_to_be_faster(tmp_path, torch_ms, onnx_ms, name):
    made = subject(tmp_path)
    found = exported(made)
    times = {"error": 0.0, "torch_ms": torch_ms, "onnx_ms": onnx_ms}
    (found.path.parent / "export.json").write_text(json.dumps(times))
    assert open_backend("auto", made).name == name


def test_auto_goes_on_with_torch_when_the_export_fails_and_says_so(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        assert open_backend("auto", subject(tmp_path, network=Untraceable)).name == "torch"
    assert "cannot be exported" in caplog.text


def test_a_failed_export_is_not_tried_again_and_logged_once(tmp_path, caplog, monkeypatch):
    tried = []
    monkeypatch.setattr(export, "_export", lambda *_: tried.append(1) or _fail())
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert open_backend("auto", subject(tmp_path)).name == "torch"
    assert len(tried) == len(caplog.records) == 1
    with pytest.raises(ModelError, match="untraceable"):
        open_backend("onnxruntime", subject(tmp_path))
    with pytest.raises(ModelError, match="untraceable"):
        open_backend("onnxruntime", subject(tmp_path, weights_sha256="cd" * 32))
    assert len(tried) == 2


def _fail():
    raise ModelError("untraceable")


def test_auto_takes_torch_on_a_gpu(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(torch_backend, "default_device", lambda: torch.device("cuda"))
    monkeypatch.setattr(torch_backend, "TorchBackend", lambda *arguments: seen.append(arguments))
    open_backend("auto", subject(tmp_path))
    ((_, device, precision),) = seen
    assert (device.type, precision) == ("cuda", HALF_PRECISION)


def test_without_torch_a_network_runs_from_its_latest_export_whatever_code_made_it(tmp_path, without_torch):
    (tmp_path / "net.py").write_text("depth = 12")
    with_torch = open_backend("onnxruntime", subject(tmp_path, family=tmp_path))
    before = Tiny.built
    without_torch()
    (tmp_path / "net.py").write_text("depth = 24")  # another release
    for name in ("auto", "onnxruntime"):
        alone = open_backend(name, subject(tmp_path, family=tmp_path))
        np.testing.assert_array_equal(alone(some_photos()), with_torch(some_photos()))
    assert Tiny.built == before


@pytest.mark.parametrize("name", ["auto", "onnxruntime"])
def test_without_torch_and_an_export_of_those_weights_a_network_is_refused_with_what_is_missing(
    tmp_path, without_torch, name
):
    exported(subject(tmp_path, weights_sha256="cd" * 32))
    without_torch()
    with pytest.raises(ModelError, match=f"{tmp_path} has no export.*torch.*not installed"):
        open_backend(name, subject(tmp_path))


def test_torch_as_backend_is_refused_where_it_is_not_installed(tmp_path, without_torch):
    without_torch()
    with pytest.raises(ModelError, match="torch is not installed"):
        open_backend("torch", subject(tmp_path))


def test_an_unknown_backend_is_refused_by_naming_the_known_ones(tmp_path):
    with pytest.raises(ModelError, match=r"'tpu'.*auto, torch, onnxruntime"):
        open_backend("tpu", subject(tmp_path))


@pytest.mark.parametrize("precision", [Precision("bfloat16", True), Precision("float32", True)])
def test_reduced_precision_and_another_layout_give_about_the_same(precision):
    photos = some_photos()
    cpu = torch.device("cpu")
    (plain,) = TorchBackend(Tiny().eval(), cpu)(photos)
    (other,) = TorchBackend(Tiny().eval(), cpu, precision)(photos)
    assert other.dtype == np.float32
    assert np.abs(other - plain).max() < 0.02 * np.ptp(plain)


def test_torch_out_of_memory_is_a_memory_error():
    class Full(Tiny):
        def forward(self, photos):
            raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(MemoryError, match="CUDA"):
        TorchBackend(Full(), torch.device("cpu"))(some_photos())


def test_swin_runs_in_bfloat16_on_a_gpu_because_it_overflows_float16():
    assert SWIN.precision.dtype == "bfloat16"
    assert RESNEXT.precision == HALF_PRECISION


@pytest.mark.slow
@pytest.mark.parametrize("name", ["midas_v21_small_256", "depth_anything_v2_vits"])
def test_an_exported_network_equals_the_official_one(name, seeded_model):
    inputs, official = reference(name)
    ours = seeded_model(name, backend="onnxruntime").backend((inputs,))[0][0]
    assert np.abs(ours - official).max() <= 1e-4 * np.ptp(official)
