import subprocess
import sys

import pytest

from shared.errors import ModelError, WeightsError
from worker.depth import registry


def put_files(folder, name):
    for file in registry.row(name).weights.files:
        (folder / file.name).touch()


def test_importing_the_registry_imports_no_torch():
    code = "import sys, worker.depth.registry; sys.exit('torch' in sys.modules or 'timm' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_unknown_model_is_refused_by_naming_the_known_ones():
    with pytest.raises(ModelError, match=r"midas_v99.*portrait.*midas_v21_small_256"):
        registry.row("midas_v99")


def test_a_model_is_ready_once_all_its_files_are_there(tmp_path):
    portrait = registry.row("portrait")
    assert not portrait.weights.present(tmp_path)
    put_files(tmp_path, "portrait")
    assert portrait.weights.present(tmp_path)


def test_auto_takes_the_best_model_that_is_ready(tmp_path):
    put_files(tmp_path, "midas_v21_small_256")
    assert registry.choose("auto", tmp_path).name == "midas_v21_small_256"
    put_files(tmp_path, "portrait")
    assert registry.choose("auto", tmp_path).name == "portrait"


def test_auto_without_any_weights_says_how_to_get_some(tmp_path):
    with pytest.raises(WeightsError, match="fetch portrait"):
        registry.choose("auto", tmp_path)


def test_loading_a_model_without_its_weights_says_how_to_get_them(tmp_path):
    with pytest.raises(WeightsError, match="fetch midas_v21_small_256"):
        registry.load("midas_v21_small_256", tmp_path)


def test_loading_a_model_with_wrong_weights_names_the_expected_hash(tmp_path):
    put_files(tmp_path, "midas_v21_small_256")
    with pytest.raises(WeightsError, match="70d6b9c8"):
        registry.load("midas_v21_small_256", tmp_path)


def test_every_name_is_the_key_of_its_row():
    assert all(registry.row(name).name == name for name in registry.ROWS)


def test_all_thirteen_official_networks_are_there_with_their_releases():
    urls = [registry.row(name).weights.sources[0].url for name in registry.ROWS if name != "portrait"]
    releases = sorted(url.split("/")[-2] for url in urls)
    assert releases == ["v2_1"] * 2 + ["v3"] * 2 + ["v3_1"] * 9
