import json
import logging
import re

import cv2
import numpy as np
import pytest

from shared.errors import NoFaceError
from tests.support.scenes import ball_depth_map
from tests.worker.test_pipeline import PIXELS, Answer
from worker import __main__ as command
from worker.depth import registry
from worker.depth.alone import depth_map_alone
from worker.depth.estimator import Photo
from worker.depth.prediction import Prediction


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "face.png"
    cv2.imwrite(str(path), PIXELS)
    return path


def test_a_photo_becomes_all_the_files(photo, tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "load", lambda name, folder, *how: Answer(ball_depth_map()))
    out = tmp_path / "new" / "folder"
    assert command.main([str(photo), "--out", str(out), "--model", "portrait", "--point-budget", "3000"]) == 0
    names = {"depth.png", "depth16.png", "depth.npz", "cloud.rlf", "cloud.ply", "view.html", "report.json"}
    assert {path.name for path in out.iterdir()} == names
    report = json.loads((out / "report.json").read_text())
    assert 2700 <= report["cloud"]["points"] <= 3000
    assert report["model"] == "portrait"
    assert report["settings"]["model"]["point_budget"] == 3000
    assert report["head"] == {"found": False, "reason": "no whole head: no face was found in the photo"}
    assert set(report["seconds"]) == {"load", "depth", "model", "files", "head"}
    assert "<html" in (out / "view.html").read_text()


def test_meshes_are_written_when_they_are_asked_for(photo, tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "load", lambda name, folder, *how: Answer(ball_depth_map()))
    arguments = [str(photo), "--out", str(tmp_path), "--model", "portrait", "--point-budget", "3000", "--meshes"]
    assert command.main(arguments) == 0
    for name in ("face.glb", "face.obj.zip", "face.ply", "face.stl", "normals.png", "turntable.jpg", "preview.jpg"):
        assert (tmp_path / name).stat().st_size > 100


def test_backend_and_tokens_are_those_of_the_settings(photo, tmp_path, monkeypatch, caplog):
    asked = []
    monkeypatch.setattr(registry, "load", lambda *arguments: asked.append(arguments) or Answer(ball_depth_map()))
    monkeypatch.setenv("DEPTH_BACKEND", "onnxruntime")
    monkeypatch.setenv("RELIEF_NETWORK_TOKENS", "2500")
    arguments = [str(photo), "--out", str(tmp_path / "out"), "--model", "portrait", "--weights", str(tmp_path)]
    assert command.main(arguments) == 0
    assert asked == [("portrait", tmp_path, "onnxruntime", 2500)]
    monkeypatch.setenv("RELIEF_NETWORK_TOKENS", "100000")
    assert command.main(arguments) == command.BAD_INPUT
    assert "RELIEF_NETWORK_TOKENS" in caplog.text


def test_a_map_of_one_s_own_takes_the_place_of_any_network(photo, tmp_path, monkeypatch):
    own = tmp_path / "map.npy"
    np.save(own, np.arange(80 * 110.0).reshape(80, 110))
    loaded, answer = [], Answer(ball_depth_map())
    monkeypatch.setattr(registry, "load", lambda name, folder, *how: loaded.append(name) or answer)
    for model in ("portrait", "midas_v21_small_256"):
        arguments = [str(photo), "--out", str(tmp_path / "out"), "--model", model, "--disparity", str(own)]
        assert command.main(arguments) == 0
    assert loaded == ["portrait"] * 2
    assert answer.photos[0].disparity.size_wh == (110, 80)


def test_points_of_one_s_own_take_the_place_of_any_network(photo, tmp_path, monkeypatch):
    own = tmp_path / "points.npz"
    np.savez(
        own, depth=np.arange(1, 1 + 80 * 110.0).reshape(80, 110), intrinsics=[[1, 0, 0.5], [0, 11 / 8, 0.5], [0, 0, 1]]
    )
    loaded, answer = [], Answer(ball_depth_map())
    monkeypatch.setattr(registry, "load", lambda name, folder, *how: loaded.append(name) or answer)
    arguments = [str(photo), "--out", str(tmp_path / "out"), "--model", "portrait", "--points", str(own)]
    assert command.main([*arguments, "--points-unit", "mm"]) == 0
    assert loaded == ["portrait"]
    points = answer.photos[0].points
    assert (points.size_wh, points.depth[79, 109], points.camera.fx) == ((110, 80), 8800, 110)
    assert command.main(arguments) == 0
    assert answer.photos[0].points.depth[79, 109] == 8_800_000


def test_a_photo_without_a_face_becomes_all_the_files_in_mm_by_the_word_of_its_points(photo, tmp_path, monkeypatch):
    depth = 900 + np.add.outer(np.arange(160.0), np.arange(220.0)).astype(np.float32)
    alone = depth_map_alone(Photo(PIXELS), Prediction(1 / depth, "metric"), {"face_found": False})
    monkeypatch.setattr(registry, "load", lambda *given: Answer(alone))
    assert command.main([str(photo), "--out", str(tmp_path / "out"), "--model", "portrait"]) == 0
    assert (
        "by the network's word" in json.loads((tmp_path / "out" / "report.json").read_text())["lengths"]["everything"]
    )
    with np.load(tmp_path / "out" / "depth.npz") as stored:
        assert stored["unit"] == "mm"
        assert stored["depth"][20, 30] == pytest.approx(950)


def test_points_and_a_disparity_map_at_once_are_refused(photo, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        command.main([str(photo), "--out", str(tmp_path), "--points", "a.npz", "--disparity", "b.png"])
    assert ended.value.code == 2
    assert "--disparity: not allowed with argument --points" in capsys.readouterr().err


def test_points_of_a_photo_without_a_face_give_every_file_in_their_own_mm(photo, tmp_path, weights):
    own, (rows, columns) = tmp_path / "points.npz", np.mgrid[:80, :110]
    z = 2 + columns / 110 + 0.3 * np.sin(rows / 9)
    np.savez(own, points=np.dstack([(columns - 54.5) * z / 90, (rows - 39.5) * z / 90, z]).astype(np.float32))
    arguments = [str(photo), "--out", str(tmp_path / "out"), "--points", str(own), "--weights", str(weights)]
    assert command.main(arguments) == 0
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert (report["depth"]["face_found"], report["depth"]["metric"], report["cloud"]["unit"]) == (False, True, "mm")
    assert "network's word alone" in report["lengths"]["everything"]
    assert "<html" in (tmp_path / "out" / "view.html").read_text()


def test_a_map_that_does_not_fit_the_photo_is_refused_in_one_line(photo, tmp_path, caplog):
    own = tmp_path / "map.npy"
    np.save(own, np.arange(80 * 80.0).reshape(80, 80))
    arguments = [str(photo), "--out", str(tmp_path / "out"), "--model", "portrait", "--disparity", str(own)]
    assert command.main(arguments) == 2
    assert "80 x 80 pixels, the upright photo 220 x 160" in caplog.records[-1].getMessage()


def test_what_is_no_photo_is_refused_in_one_line(tmp_path, caplog):
    text = tmp_path / "text.jpg"
    text.write_text("not a photo")
    assert command.main([str(text), "--out", str(tmp_path / "out")]) == 2
    assert not (tmp_path / "out").exists()
    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert "not a JPEG or PNG" in record.getMessage()
    assert "\n" not in record.getMessage()


def test_a_photo_that_the_estimator_refuses_is_refused_with_its_words(photo, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(registry, "load", lambda name, folder, *how: Answer(NoFaceError("no face was found")))
    assert command.main([str(photo), "--out", str(tmp_path / "out"), "--model", "portrait"]) == 2
    assert not (tmp_path / "out").exists()
    assert caplog.records[-1].getMessage() == "no face was found"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--model", "no_such"], "no_such"),
        (["--point-budget", "7"], "point_budget.*1000.*7"),
        (["--point-budget", "many"], "point_budget.*integer.*many"),
        (["--fov-x-deg", "200"], "fov_x_deg.*150.*200"),
        (["--pupil-distance-mm", "90"], "pupil_distance_mm.*80.*90"),
        (["--focus", "hair"], "focus.*face.*photo.*hair"),
        (["--color", "blue"], "color.*grayscale.*blue"),
        (["--model", "portrait", "--weights", "/nowhere"], "portrait.*weights.*/nowhere.*fetch portrait"),
    ],
)
def test_a_wrong_setting_is_refused_by_name_and_limit(photo, tmp_path, caplog, arguments, reason):
    assert command.main([str(photo), "--out", str(tmp_path / "out"), *arguments]) == 2
    assert caplog.records[-1].levelno == logging.ERROR
    assert re.search(reason, caplog.records[-1].getMessage())


def test_a_missing_file_is_refused(tmp_path, caplog):
    assert command.main([str(tmp_path / "none.jpg"), "--out", str(tmp_path)]) == 2
    assert "none.jpg" in caplog.records[-1].getMessage()
