from shared.head.format import head_from_bytes
from shared.jobs.record import Stage
from shared.results import HEAD, RESULTS
from worker.export.head.formats import HEAD_WRITERS


def test_every_result_of_the_head_stage_has_a_writer_and_every_writer_a_result():
    assert HEAD_WRITERS.keys() == {name for name, row in RESULTS.items() if row.stage is Stage.HEAD}


def test_the_viewer_s_file_has_all_parts(source):
    head = head_from_bytes(HEAD_WRITERS[HEAD](source))
    assert [part.name for part in head.parts] == ["skin", "eyes", "teeth", "hair"]
