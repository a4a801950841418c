"""How many photos share a batch: as many as take half a second, within what the device may have."""

from shared.jobs.batches import batch_size
from worker.stages.pace import Pace


def test_a_batch_lasts_half_a_second_at_the_most():
    assert [batch_size(photo_s, 8) for photo_s in (0.0, 0.0625, 0.065, 0.2, 0.25, 0.26, 30.0)] == [8, 8, 7, 2, 2, 1, 1]
    assert batch_size(0.005, 64) == 64
    assert batch_size(None, 8) == 1


def test_the_pace_follows_what_was_measured_lately():
    pace = Pace()
    sizes = []
    for photo_s in (0.02, 1.0, 0.02, 0.02):
        sizes.append(pace.batch(8))
        pace.measured(photo_s)
    assert sizes == [1, 8, 1, 1]  # 0.02, then 0.51, then 0.265 s a photo
    assert pace.batch(8) == 3
