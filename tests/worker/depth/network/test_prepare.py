"""Networks are exported for CPUs when their weights are fetched, so that no job waits for it."""

from functools import partial

import numpy as np
import pytest

from tests.worker.depth.network.tiny import tiny_model, write_tiny_checkpoint
from worker.depth import registry
from worker.depth.estimator import Photo
from worker.depth.network import exports
from worker.depth.weights.__main__ import main

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:onnxscript", "ignore::FutureWarning")


@pytest.fixture
def fetch(tmp_path, server, monkeypatch):
    """Fetches the weights of the tiny network into the folder `cache`; gives the command's exit code."""
    checkpoint = tmp_path / "served.pt"
    write_tiny_checkpoint(checkpoint)
    server.files["/tiny.pt"] = checkpoint.read_bytes()
    monkeypatch.setitem(registry.ROWS, "tiny", tiny_model(checkpoint, f"{server.url}/tiny.pt"))

    return partial(main, ["--folder", str(tmp_path / "cache"), "fetch", "--http-on-loopback", "--quiet", "tiny"])


@pytest.fixture
def fetched(tmp_path, fetch):
    """Fetches it, and gives the folder."""

    def run():
        assert fetch() == 0
        return tmp_path / "cache"

    return run


def exports_in(folder):
    return sorted(path.stat().st_ino for path in folder.glob(f"{exports.EXPORTS}/*/export.json"))


def test_fetching_weights_makes_the_export_that_a_worker_loads(fetched):
    folder = fetched()
    (export,) = exports_in(folder)
    model = registry.load("tiny", folder, "onnxruntime")
    (depth_map,) = model.estimate([Photo(np.random.default_rng(1).integers(0, 256, (48, 80, 3), np.uint8))])
    assert depth_map.depth.shape == (48, 80)
    assert exports_in(folder) == [export]


def test_fetching_again_keeps_a_current_export_and_makes_a_stale_one_anew(fetched, monkeypatch):
    folder = fetched()
    first = exports_in(folder)
    fetched()
    assert exports_in(folder) == first
    monkeypatch.setattr(exports, "version", lambda package: "0.0.1")  # as after an upgrade of what exports
    fetched()
    assert len(exports_in(folder)) == 2


def test_without_torch_fetching_gets_the_checkpoint_and_says_that_the_export_is_missing(
    fetch, tmp_path, without_torch, capsys
):
    without_torch()
    assert fetch() == 1
    assert "torch, which could run it or make one, is not installed" in capsys.readouterr().err
    assert main(["--folder", str(tmp_path / "cache"), "list"]) == 0
    listed = capsys.readouterr().out
    assert "no torch tiny" in listed and "`fetch` makes one where it is" in listed


def test_without_torch_a_fetched_network_runs_from_the_export_beside_it(fetched, without_torch):
    folder = fetched()
    without_torch()
    assert fetched() == folder
    model = registry.load("tiny", folder)
    (depth_map,) = model.estimate([Photo(np.random.default_rng(1).integers(0, 256, (48, 80, 3), np.uint8))])
    assert depth_map.depth.shape == (48, 80) and depth_map.report["backend"] == "onnxruntime"
