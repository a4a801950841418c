"""Ids and results that the client asks for."""

import pytest

from tests.conftest import PORTRAIT
from web.client.__main__ import main


@pytest.mark.parametrize("job_id", ["../models", "..", "", "a/b", "a\nb", "a?b", "ä", "\udce4"])
def test_an_invalid_job_id_is_reported(job_id, capsys):
    assert main(["status", job_id]) == 1
    assert "is no id of a job" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["download", "cancel", "watch"])
def test_every_command_checks_its_job_ids(command, capsys):
    assert main([command, "../models"]) == 1
    shown = capsys.readouterr()
    assert "'../models' is no id of a job" in shown.err + shown.out


def test_a_missing_result_is_reported_and_nothing_is_fetched(done, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["download", done, "depth.png", "nope.txt", "--out", str(out)]) == 1
    shown = capsys.readouterr().err
    assert "has no nope.txt; it has depth.png, depth.npz, all.zip" in shown
    assert not out.exists()


def test_a_job_without_results_is_reported(capsys, tmp_path):
    assert main(["submit", str(PORTRAIT), "--no-wait"]) == 0
    assert main(["list"]) == 0
    job_id = capsys.readouterr().out.splitlines()[-1].split()[0]
    assert main(["download", job_id, "--out", str(tmp_path / "out")]) == 1
    assert "has no results: Next in line." in capsys.readouterr().err
