"""The jobs that wait for a stage in a forecast, as client groups take turns, and in each its owners."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from shared.jobs.record import Stage
from shared.jobs.statistics import Others, QueuedJob

UNLISTED = ""  # stands for all groups that are not listed


def unlisted_id(stage: Stage, before: int) -> str:
    """What a job that is not listed is called: it waits for the stage, and so many jobs go before it."""
    return f"{stage} {before}"


@dataclass
class _Group:
    """A group's jobs by owner, whose turn is next comes first; then so many that are not listed; then who came later.

    turns: how many jobs are taken before the next group has its turn: one, but where it stands for many groups.
    """

    owners: dict[str, deque[QueuedJob]] = field(default_factory=dict)
    unlisted: int = 0
    later: deque[QueuedJob] = field(default_factory=deque)
    turns: int = 1

    def __bool__(self) -> bool:
        return bool(self.owners or self.unlisted or self.later)

    def add(self, job: QueuedJob) -> None:
        if self.unlisted:
            self.later.append(job)
        else:
            self.owners.setdefault(job.owner, deque()).append(job)

    def take(self) -> QueuedJob | None:
        """The job whose turn it is; None for one that is not listed."""
        if self.owners:
            owner = next(iter(self.owners))
            jobs = self.owners.pop(owner)
            job = jobs.popleft()
            if jobs:
                self.owners[owner] = jobs
            return job
        if self.unlisted:
            self.unlisted -= 1
            return None
        return self.later.popleft()


class Turns:
    """The jobs that wait for a stage: those listed, and others behind them, of whom only the number is known."""

    def __init__(self, stage: Stage, listed: Sequence[QueuedJob], others: Others | None) -> None:
        """Those who wait at the beginning; the others are taken to have the stages of the last that is listed."""
        self._stage, self._steps = stage, listed[-1].steps if listed else (stage,)
        self._groups: OrderedDict[str, _Group] = OrderedDict()  # whose turn is next comes first
        self._numbers, self._taken = count(len(listed)), 0
        for job in listed:
            self.add(job)
        for group, jobs in others.of_listed.items() if others else ():
            self._groups.setdefault(group, _Group()).unlisted = jobs
        if others and others.jobs:
            self._groups[UNLISTED] = _Group(unlisted=others.jobs, turns=max(1, others.groups))

    def __bool__(self) -> bool:
        return bool(self._groups)

    def add(self, job: QueuedJob) -> None:
        """Add a job behind all others of its owner."""
        self._groups.setdefault(job.group, _Group()).add(job)

    def take(self) -> QueuedJob:
        """Take the job whose turn it is."""
        name, group = next(iter(self._groups.items()))
        job = group.take()
        self._taken += 1
        if not group or self._taken >= group.turns:
            self._taken = 0
            self._groups.move_to_end(name)
        if not group:
            del self._groups[name]
        return job or self._unlisted(name, group.turns)

    def _unlisted(self, group: str, groups: int) -> QueuedJob:
        """A job that is not listed; those of groups that are not listed either are as if each group had as many."""
        before = next(self._numbers)
        name = unlisted_id(self._stage, before)
        return QueuedJob(name, "", group or unlisted_id(self._stage, before % groups), self._steps)
