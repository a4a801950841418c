"""Workers that stand in for machines that are not here, beside which the simulation is held."""

from itertools import pairwise

from bench.scale.calibration import Trial, side_by_side
from bench.scale.real import standins
from bench.scale.recorded import POINTS, Load, recorded
from shared.jobs.record import Stage

WORKERS = (1, 1)
STAGES_S = (0.05, 0.05, 0.05, 0.05)


def test_recorded_photos_go_through_real_workers_that_only_wait():
    load = Load(5.0, 4.0, burst=10, points_alone=0.5)
    photos = recorded(load, 3)
    ran = standins(photos, WORKERS, STAGES_S)
    assert len(ran.seen) == len(photos) > 20
    assert [tuple(run.stage for run in seen.runs) for seen in ran.seen] != [POINTS] * len(photos)
    for seen in ran.seen:
        assert all(run.queued_s <= run.began_s <= run.ended_s for run in seen.runs)
        assert all(before.ended_s <= after.began_s for before, after in pairwise(seen.runs))
    assert sum(size for size, _ in ran.batches) == len(photos)
    assert len({run.worker for seen in ran.seen for run in seen.runs if run.stage is not Stage.DEPTH}) == WORKERS[1]
    trial = Trial("itself", (load, 3), (load, 3), lambda _: ran, WORKERS)
    rows = side_by_side(trial, (photos, ran), photos, ran)
    assert any(row.startswith("| to the end, p95 s") for row in rows)
