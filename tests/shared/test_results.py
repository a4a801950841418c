"""The one table of result files."""

from shared import results
from shared.jobs.record import Stage
from shared.results import RESULTS, in_order, result_file


def test_every_named_file_has_a_row():
    names = {value for name, value in vars(results).items() if name.isupper() and isinstance(value, str)}
    assert names - {results.BINARY, results.HTML, results.JSON, results.DISPARITY} == set(RESULTS)


def test_cloud_and_head_are_stored_compressed_for_the_viewer_alone():
    compressed = {file.name: file.stage for file in RESULTS.values() if file.gzipped and file.hidden}
    assert compressed == {"cloud.rlf": Stage.MODEL, "rough.rlf": Stage.DEPTH, "head.rlh": Stage.HEAD}
    assert all(file.hidden for file in RESULTS.values() if file.gzipped)


def test_files_are_listed_in_the_order_of_the_table_and_unknown_ones_last():
    listed = in_order(["new.xyz", "all.zip", "depth.png", "cloud.ply"])
    assert [file.name for file in listed] == ["cloud.ply", "depth.png", "all.zip", "new.xyz"]


def test_a_file_of_another_release_is_served_as_bytes_under_its_own_name():
    file = result_file("new.xyz")
    assert (file.label, file.media_type, file.hidden) == ("new.xyz", "application/octet-stream", False)
