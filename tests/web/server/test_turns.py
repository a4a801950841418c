"""Who is served next where few can be at once."""

import pytest

from web.server.turns import HALF_LIFE_S, MOST_NAMES, QUICK_S, Asker, Bounds, Line, Taken


def waiting(line: Line, *askers: tuple[str, str]) -> list[Asker]:
    """Requests of these clients and visitors, which wait in the line."""
    made = [Asker(client, visitor) for client, visitor in askers]
    for asker in made:
        line.append(asker)
    return made


def served(line: Line, now_s: float = 0) -> Asker | None:
    """The next one, which has a slot from now on."""
    asker = line.next(now_s)
    if asker:
        line.begin(asker, now_s)
    return asker


def took(line: Line, client: str, visitor: str, seconds: float) -> None:
    """Somebody had a slot for so long, until the second 0."""
    [asker] = waiting(line, (client, visitor))
    line.begin(asker, -seconds)
    line.end(asker, 0)


def test_no_more_are_served_at_once_than_there_are_slots():
    line = Line(Bounds(2))
    first, second, third = waiting(line, ("a", "1"), ("a", "1"), ("b", "1"))
    assert [served(line), served(line), served(line)] == [first, second, None]
    line.end(first, 1)
    assert served(line, 1) is third
    assert len(line) == 0


def test_one_client_never_has_all_slots_where_one_is_kept():
    line = Line(Bounds(3, kept=1))
    waiting(line, *[("a", "1")] * 5)
    assert served(line) and served(line) and not served(line)
    [other] = waiting(line, ("b", "1"))
    assert served(line) is other


def test_clients_that_took_much_leave_the_slot_that_is_kept_to_those_that_did_not():
    line = Line(Bounds(3, kept=1))
    for client in "abc":
        took(line, client, "1", 5 * QUICK_S)
    waiting(line, ("a", "1"), ("b", "1"), ("c", "1"))
    assert served(line) and served(line) and not served(line)
    [new] = waiting(line, ("d", "1"))
    assert served(line) is new


def test_one_slot_is_open_to_everybody():
    line = Line(Bounds(1, kept=1))
    took(line, "a", "1", 100)
    [asker] = waiting(line, ("a", "1"))
    assert served(line) is asker


def test_who_took_less_lately_is_served_first_by_client_and_then_by_visitor():
    line = Line(Bounds(1))
    took(line, "busy", "bad", 9)
    took(line, "fair", "much", 4)
    took(line, "fair", "some", 1)
    waiting(line, ("busy", "bad"), ("fair", "much"), ("fair", "some"), ("fair", "none"))
    order = []
    while asker := served(line):
        order.append(asker.visitor)
        line.end(asker, 0)
    assert order == ["none", "some", "much", "bad"]


def test_what_was_taken_fades():
    taken = Taken()
    taken.add("a", 8, 0)
    assert taken.of("a", 2 * HALF_LIFE_S) == pytest.approx(2)


def test_clients_wait_in_as_many_places_as_they_leave_free():
    line = Line(Bounds(1, waiting=8))
    clients = {"a": 0, "b": 0, "c": 0}
    for client in clients:
        while line.has_place(client):
            waiting(line, (client, str(clients[client])))
            clients[client] += 1
    assert clients == {"a": 4, "b": 2, "c": 1}


def test_the_memory_of_who_took_what_is_bounded():
    taken = Taken()
    for number in range(MOST_NAMES + 1):
        taken.add(f"name-{number}", 1 + number, 0)
    assert len(taken) <= MOST_NAMES // 2 + 1
    assert taken.of(f"name-{MOST_NAMES}", 0) > 0
