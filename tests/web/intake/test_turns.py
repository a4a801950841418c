"""Who is served next where few can be at once."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from shared.errors import BusyError
from web.intake.turns import TurnLimits, Turns

PATIENT = TurnLimits(longest_wait_s=10)
IMPATIENT = TurnLimits(longest_wait_s=0.01)


def started(turns: Turns, group: str, owner: str, served: list[str], over: threading.Event) -> threading.Thread:
    """A thread that waits for its turn, notes it, and keeps it until all is over."""

    def take() -> None:
        with turns.turn(group, owner):
            served.append(owner)
            over.wait(10)

    thread = threading.Thread(target=take)
    thread.start()
    return thread


def until(true) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_no_more_are_served_at_once_than_there_are_slots_and_all_are_in_the_end():
    turns, counting, running, most = (
        Turns(TurnLimits(all_waiting=64, group_waiting=64, owner_waiting=64)),
        (threading.Lock()),
        0,
        0,
    )

    def work(number: int) -> None:
        nonlocal running, most
        with turns.turn(f"group-{number % 7}", "owner"):
            with counting:
                running, most = running + 1, max(most, running + 1)
            time.sleep(0.005)
            with counting:
                running -= 1

    with ThreadPoolExecutor(24) as pool:
        list(pool.map(work, range(48)))
    assert (most, running) == (3, 0)


def test_a_slot_is_free_again_when_its_block_fails():
    turns = Turns(TurnLimits(at_once=1, longest_wait_s=0.01))
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), turns.turn("a", "a"):
            raise ZeroDivisionError


def test_one_group_never_has_all_slots():
    turns = Turns(IMPATIENT)
    with turns.turn("a", "1"), turns.turn("a", "2"):
        with pytest.raises(BusyError, match="too many photos"), turns.turn("a", "3"):
            pass
        with turns.turn("b", "4"):
            pass


def test_groups_that_took_much_leave_a_slot_to_those_that_did_not():
    turns, now = Turns(TurnLimits(longest_wait_s=0.01)), time.monotonic()
    for group in "abc":
        turns._taken.add(group, 10, now)
    with turns.turn("a", "1"), turns.turn("b", "2"):
        with pytest.raises(BusyError), turns.turn("c", "3"):
            pass
        with turns.turn("d", "4"):
            pass


def test_who_took_less_lately_is_served_first_by_group_and_then_by_owner():
    turns, served, over, next_over = Turns(TurnLimits(at_once=1)), [], threading.Event(), threading.Event()
    next_over.set()
    now = time.monotonic()
    for name, seconds in {"busy": 9, "much": 5, "some": 1}.items():
        turns._taken.add(name, seconds, now)
    with ExitStack() as held:
        held.enter_context(turns.turn("first", "first"))
        waiting = []
        for group, owner in (("busy", "bad"), ("fair", "much"), ("fair", "some"), ("fair", "none")):
            waiting.append(started(turns, group, owner, served, next_over))
            until(lambda: len(turns._waiting) == len(waiting))
    for thread in waiting:
        thread.join()
    assert served == ["none", "some", "much", "bad"]
    over.set()


def test_what_was_taken_fades():
    turns, now = Turns(PATIENT), time.monotonic()
    turns._taken.add("a", 8, now)
    assert turns._taken.of("a", now + 120) == pytest.approx(2)


@pytest.mark.parametrize("limits", [{"owner_waiting": 2}, {"group_waiting": 2}], ids=["owner", "group"])
def test_one_too_many_who_wait_is_refused_at_once(limits):
    turns, served, over = Turns(TurnLimits(at_once=1, **limits)), [], threading.Event()
    threads = [started(turns, "a", "one", served, over) for _ in range(3)]
    until(lambda: len(turns._waiting) == 2)
    with pytest.raises(BusyError, match="wait to be read"), turns.turn("a", "one"):
        pass
    over.set()
    for thread in threads:
        thread.join()
    assert len(served) == 3


def test_where_too_many_wait_whoever_has_most_waiting_makes_room_and_who_took_most_before():
    turns, served, over = Turns(TurnLimits(at_once=1, all_waiting=3)), [], threading.Event()
    threads = [started(turns, "first", "first", served, over)]
    until(lambda: served == ["first"])
    refused: list[str] = []

    def come(group: str, owner: str) -> None:
        try:
            with turns.turn(group, owner):
                served.append(owner)
        except BusyError:
            refused.append(owner)

    for number, (group, owner) in enumerate([("many", "1"), ("many", "2"), ("few", "3"), ("new", "4"), ("new", "5")]):
        threads.append(threading.Thread(target=come, args=(group, owner)))
        threads[-1].start()
        until(lambda: len(turns._waiting) + len(refused) == number + 1)  # noqa: B023
    assert refused == ["2", "5"]
    over.set()
    for thread in threads:
        thread.join()
    assert sorted(served) == ["1", "3", "4", "first"]


def test_the_memory_of_who_took_what_is_bounded():
    taken, now = Turns(PATIENT)._taken, time.monotonic()
    for number in range(taken.MOST_NAMES + 1):
        taken.add(f"name-{number}", 1 + number, now)
    assert len(taken._seconds) <= taken.MOST_NAMES // 2 + 1
    assert taken.of(f"name-{taken.MOST_NAMES}", now) > 0
