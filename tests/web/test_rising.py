"""Sums that a failover sets back by some steps stand still; those of an emptied Redis begin anew."""

from web.rising import Rising


def test_a_sum_that_falls_by_some_steps_stands_still_until_it_has_risen_again():
    rising = Rising()
    assert [rising.of({"accepted": value})["accepted"] for value in (1000, 990, 995, 1001)] == [1000, 1000, 1000, 1001]


def test_a_sum_of_an_emptied_redis_begins_anew():
    rising = Rising()
    assert [rising.of({"accepted": value})["accepted"] for value in (1000, 3, 4)] == [1000, 3, 4]
    assert rising.of({}) == {}
    assert rising.of({"accepted": 1}) == {"accepted": 1}
