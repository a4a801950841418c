"""Why jobs fail that are no fault of their photo."""

from __future__ import annotations

from shared.jobs.record import Problem

BUG = Problem(
    type="internal",
    title="The photo could not be processed",
    detail="Something went wrong on our side; it has been logged. Trying again may help.",
)
STORAGE = Problem(
    type="storage",
    title="The results could not be stored",
    detail="Our storage did not take the files; it has been logged. Try again later.",
)
GIVEN_UP = Problem(
    type="given-up",
    title="The photo could not be processed",
    detail="Each attempt ended without a result: the worker died or took too long. Try another or a smaller photo.",
)
OURS = (BUG, STORAGE, GIVEN_UP)
