import subprocess
import sys

import pytest

from shared.errors import ModelError, WeightsError
from worker.depth import registry
from worker.depth.depth_anything import rows as depth_anything
from worker.depth.midas import rows as midas
from worker.depth.moge import rows as moge
from worker.depth.network.exports import EXPORTS, MEASURED, key_of


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


@pytest.mark.parametrize(
    ("ready", "chosen"),
    [
        ([], "portrait"),
        (["midas_v21_small_256", "dpt_levit_224"], "portrait"),
        (["dpt_hybrid_384"], "dpt_hybrid_384"),
        (["dpt_beit_large_512", "dpt_hybrid_384"], "dpt_beit_large_512"),
        (["dpt_beit_large_512", "depth_anything_v2_vits"], "depth_anything_v2_vits"),
    ],
)
def test_auto_takes_the_best_network_beside_the_face_and_else_the_face_alone(tmp_path, ready, chosen):
    for name in ["portrait", *ready]:
        put_files(tmp_path, name)
    assert registry.choose("auto", tmp_path).name == chosen


def test_auto_never_takes_what_forbids_commercial_use(tmp_path):
    bound = {name for name, row in registry.ROWS.items() if row.non_commercial}
    assert bound == {"depth_anything_v2_vitb", "depth_anything_v2_vitl"}
    for name in ["portrait", "dpt_hybrid_384", *bound]:
        put_files(tmp_path, name)
    assert registry.choose("auto", tmp_path).name == "dpt_hybrid_384"


def test_auto_never_takes_a_network_without_the_face(tmp_path):
    put_files(tmp_path, "depth_anything_v2_vits")
    with pytest.raises(WeightsError, match="fetch portrait"):
        registry.choose("auto", tmp_path)


@pytest.mark.parametrize(
    ("gpu", "ready", "chosen"),
    [
        (True, ["moge_2_vits_normal", "moge_2_vitl_normal", "depth_anything_v2_vits"], "moge_2_vitl_normal"),
        (True, ["moge_2_vits_normal", "moge_2_vitl", "depth_anything_v2_vits"], "moge_2_vits_normal"),
        (False, ["moge_2_vits_normal", "moge_2_vitl_normal", "depth_anything_v2_vits"], "depth_anything_v2_vits"),
        (False, ["moge_2_vits_normal", "dpt_hybrid_384"], "dpt_hybrid_384"),
        (False, ["moge_2_vits_normal", "moge_2_vitl_normal", "midas_v21_384"], "moge_2_vitl_normal"),
    ],
)
def test_auto_takes_moge_2_first_with_a_gpu_and_else_after_the_networks_that_go_before_none(
    tmp_path, monkeypatch, gpu, ready, chosen
):
    monkeypatch.setattr(registry, "gpu_is_here", lambda: gpu)
    for name in ["portrait", *ready]:
        put_files(tmp_path, name)
    assert registry.choose("auto", tmp_path).name == chosen


def test_a_backend_that_uses_no_gpu_is_as_good_as_none(tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "gpu_is_here", lambda: True)
    for name in ("portrait", "moge_2_vits_normal", "dpt_hybrid_384"):
        put_files(tmp_path, name)
    chosen = [registry.choose("auto", tmp_path, backend).name for backend in ("auto", "torch", "onnxruntime")]
    assert chosen == ["moge_2_vits_normal", "moge_2_vits_normal", "dpt_hybrid_384"]


def test_auto_without_any_weights_says_how_to_get_some(tmp_path):
    with pytest.raises(WeightsError, match="fetch portrait"):
        registry.choose("auto", tmp_path)


def test_without_torch_auto_takes_a_network_only_if_it_was_exported_and_others_say_how_to(tmp_path, without_torch):
    for name in ("portrait", "dpt_hybrid_384", "depth_anything_v2_vits"):
        put_files(tmp_path, name)
    without_torch()
    assert registry.choose("auto", tmp_path).name == "portrait"
    put_export(tmp_path, "depth_anything_v2_vits")
    assert registry.choose("auto", tmp_path).name == "depth_anything_v2_vits"
    with pytest.raises(WeightsError, match=r"torch is not installed.*no export.*fetch dpt_hybrid_384"):
        registry.load("dpt_hybrid_384", tmp_path)


def put_export(folder, name):
    row = registry.row(name)
    (file,) = row.weights.files
    entry = folder / EXPORTS / f"{key_of(file.sha256, row.reading)}-by-whatever"
    entry.mkdir(parents=True)
    (entry / MEASURED).touch()


def test_the_hash_of_weights_without_a_published_one_is_known_once_they_were_seen(tmp_path):
    (file,) = registry.row("dpt_large_384").weights.files
    assert len(file.sha256) < 64 and file.known_sha256(tmp_path) == ""
    (tmp_path / f"{file.name}.sha256").write_text(f"{'ab' * 32}  {file.name}\n")
    assert file.known_sha256(tmp_path) == "ab" * 32


def test_loading_a_model_without_its_weights_says_how_to_get_them(tmp_path):
    with pytest.raises(WeightsError, match="fetch midas_v21_small_256"):
        registry.load("midas_v21_small_256", tmp_path)


def test_loading_a_model_with_wrong_weights_names_the_expected_hash(tmp_path):
    put_files(tmp_path, "midas_v21_small_256")
    with pytest.raises(WeightsError, match="70d6b9c8"):
        registry.load("midas_v21_small_256", tmp_path)


def test_every_name_is_the_key_of_its_row():
    assert all(registry.row(name).name == name for name in registry.ROWS)


def test_all_thirteen_official_midas_networks_are_there_with_their_releases():
    urls = [row.weights.sources[0].url for row in midas.ROWS]
    releases = sorted(url.split("/")[-2] for url in urls)
    assert releases == ["v2_1"] * 2 + ["v3"] * 2 + ["v3_1"] * 9


def test_the_three_sizes_of_depth_anything_come_from_its_authors_and_are_held_to_whole_hashes():
    sizes = {row.title.split()[-1]: row.weights for row in depth_anything.ROWS}
    assert sizes.keys() == {"Small", "Base", "Large"}
    for size, weights in sizes.items():
        (file,), (source,) = weights.files, weights.sources
        assert source.url.endswith(f"/depth-anything/Depth-Anything-V2-{size}/resolve/main/{file.name}")
        assert len(file.sha256) == 64


def test_the_four_networks_of_moge_2_come_from_its_authors_free_for_any_use_and_for_a_gpu():
    names = {f"moge_2_{size}" for size in ("vits_normal", "vitb_normal", "vitl_normal", "vitl")}
    assert {row.name for row in moge.ROWS} == names
    for row in moge.ROWS:
        (file,), (source,) = row.weights.files, row.weights.sources
        assert source.url.endswith(f"/Ruicheng/{row.name.replace('_', '-')}/resolve/main/model.pt")
        assert len(file.sha256) == 64
        assert (row.licence, row.unit, row.wants_gpu) == ("MIT", "mm", True)
