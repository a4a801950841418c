"""Whether there is a GPU is asked of another process, which is a real one here, with another torch in its path."""

import subprocess
import sys

import pytest

from worker.depth import gpu

TORCH = "class cuda:\n    def is_available():\n        {body}\n"


@pytest.fixture
def torch_that(tmp_path, monkeypatch):
    """Gives new processes a torch that does this when it is asked for a GPU, and this machine a driver."""

    def put(body):
        (tmp_path / "torch.py").write_text(TORCH.format(body=body))
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        monkeypatch.setattr(gpu, "DRIVERS", ("/dev/no such driver", "/dev/null"))

    gpu.gpu_is_here.cache_clear()
    yield put
    gpu.gpu_is_here.cache_clear()


@pytest.mark.parametrize("found", [True, False])
def test_torch_is_believed(torch_that, found):
    torch_that(f"return {found}")
    assert gpu.gpu_is_here() is found


def test_torch_is_asked_once(torch_that):
    torch_that("return True")
    assert gpu.gpu_is_here()
    torch_that("raise AssertionError")
    assert gpu.gpu_is_here()


def test_a_torch_that_fails_counts_as_no_gpu_and_the_log_says_so(torch_that, caplog):
    torch_that("raise RuntimeError")
    assert not gpu.gpu_is_here()
    assert "torch does not say" in caplog.text


@pytest.mark.parametrize("missing", ["driver", "torch"])
def test_without_a_driver_or_torch_nobody_is_asked(torch_that, monkeypatch, without_torch, missing):
    torch_that("return True")
    if missing == "torch":
        without_torch()
    else:
        monkeypatch.setattr(gpu, "DRIVERS", ("/dev/no such driver",))
    assert not gpu.gpu_is_here()


def test_asking_imports_no_torch_into_this_process(torch_that):
    torch_that("return True")
    code = "import sys; from worker.depth import gpu; gpu.DRIVERS = ('/dev/null',); "
    code += "print(gpu.gpu_is_here(), 'torch' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).split() == ["True", "False"]
