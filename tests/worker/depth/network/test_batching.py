import numpy as np
import pytest

from worker.depth.network.batching import Batcher


def photos(count):
    """Inputs (3, 2, 4) of which each is filled with its number, and that number."""
    return [(np.full((3, 2, 4), number, np.float32), np.float32(number)) for number in range(count)]


class Device:
    """Has memory for so many photos at once; notes the batch sizes that it was asked for."""

    def __init__(self, fits=100):
        self.fits = fits
        self.asked = []

    def __call__(self, inputs):
        batch, numbers = inputs
        self.asked.append(len(batch))
        if len(batch) > self.fits:
            raise MemoryError(f"{len(batch)} photos do not fit")
        return batch[:, 0] * 10, numbers + 1


def first_values(outputs):
    return [float(output[0, 0]) for output, _ in outputs]


def test_batches_keep_to_the_sizes_that_were_warmed_up():
    device = Device()
    outputs = list(Batcher(device, sizes=(1, 2, 4, 8))(photos(11)))
    assert device.asked == [8, 4]
    assert first_values(outputs) == [10.0 * number for number in range(11)]
    assert [number for _, number in outputs] == [number + 1 for number in range(11)]


def test_without_such_sizes_no_photo_is_run_twice():
    device = Device()
    assert len(list(Batcher(device)(photos(11)))) == 11
    assert device.asked == [8, 3]


def test_out_of_memory_halves_the_batch_and_goes_on():
    device = Device(fits=3)
    outputs = list(Batcher(device, sizes=(1, 2, 4, 8))(photos(7)))
    assert device.asked == [8, 4, 2, 2, 2, 1]
    assert first_values(outputs) == [10.0 * number for number in range(7)]


def test_what_fitted_is_remembered_for_the_next_photos():
    device = Device(fits=2)
    batcher = Batcher(device)
    list(batcher(photos(8)))
    device.asked.clear()
    list(batcher(photos(4)))
    assert device.asked == [2, 2]


def test_one_photo_that_does_not_fit_is_an_error():
    with pytest.raises(MemoryError):
        list(Batcher(Device(fits=0))(photos(2)))


def test_nothing_in_gives_nothing_out():
    device = Device()
    assert list(Batcher(device)([])) == []
    assert device.asked == []
