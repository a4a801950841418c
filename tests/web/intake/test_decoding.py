"""How many photos a web process reads at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.errors import BusyError
from tests.support.fronts import client_of
from tests.support.requests import assert_problem, stored_files, upload
from web.intake.decoding import Decoding


def test_no_more_photos_are_decoded_at_once_than_there_are_slots():
    decoding, counting = Decoding(at_once=2, longest_wait_s=10), threading.Lock()
    running, most = 0, 0

    def work(_: int) -> None:
        nonlocal running, most
        with decoding.slot():
            with counting:
                running += 1
                most = max(most, running)
            threading.Event().wait(0.01)
            with counting:
                running -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(24)))
    assert (most, running) == (2, 0)


def test_a_slot_is_freed_when_its_block_fails():
    decoding = Decoding(at_once=1, longest_wait_s=0.01)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), decoding.slot():
            raise ZeroDivisionError


def test_a_busy_error_is_raised_when_no_slot_becomes_free_in_time():
    decoding = Decoding(at_once=1, longest_wait_s=0.01)
    with decoding.slot(), pytest.raises(BusyError, match="too many photos are being read"), decoding.slot():
        pass


def test_a_photo_beyond_the_limit_is_answered_503_and_a_later_one_is_accepted(settings, store, portrait):
    decoding = Decoding(at_once=1, longest_wait_s=0.05)
    with client_of(settings, decoding) as client:
        with decoding.slot():
            refused = upload(client, portrait)
            assert_problem(refused, 503, "Too many photos are being read just now")
            assert refused.headers["Retry-After"] == "30"
            assert stored_files(settings) == []
            assert client.get("/healthz").status_code == 200
        assert upload(client, portrait).status_code == 202


def test_eight_photos_sent_at_once_are_all_accepted(settings, store, portrait):
    with client_of(settings) as client, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: upload(client, portrait).status_code, range(8)))
    assert answers == [202] * 8
