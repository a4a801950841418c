"""Autoscaling by the chart's rule: KEDA asks Prometheus how much work waits, and starts and stops pods by it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from random import Random
from typing import Any

import yaml

from bench.scale.plant import Kind
from bench.scale.service import Service
from shared.jobs.record import Stage

CHART = yaml.safe_load((Path(__file__).parents[2] / "deploy" / "helm" / "relief" / "values.yaml").read_text())
SCRAPE_EVERY_S = 15.0
POLL_EVERY_S = float(CHART["keda"]["pollingSeconds"])
COOLDOWN_S = float(CHART["keda"]["cooldownSeconds"])
THRESHOLD_S = float(CHART["workers"]["model"]["secondsPerPod"])
BUSY_SHARE = CHART["keda"]["busyPercent"] / 100
RATE_OVER_S = 120.0  # of the work done, as `rate(...[2m])` has it


@dataclass(frozen=True)
class Rule:
    """How many pods are wanted.

    threshold_s: seconds of waiting work for a pod. busy_share: there are also as many pods as would have done the work
    of the last RATE_OVER_S in this part of their time; the larger number counts; None for waiting work alone.
    cooldown_s: pods go when as many were wanted at no time for so long. poll_every_s: how often figures are asked for.
    """

    threshold_s: float = THRESHOLD_S
    busy_share: float | None = BUSY_SHARE
    least: int = 1
    most: int = 10_000
    cooldown_s: float = COOLDOWN_S
    poll_every_s: float = POLL_EVERY_S

    def wanted(self, waiting_s: float, busy: float) -> int:
        """Pods for `waiting_s` seconds of waiting work, where `busy` were at work lately."""
        by_work = ceil(waiting_s / self.threshold_s)
        by_rate = ceil(busy / self.busy_share) if self.busy_share else 0
        return max(self.least, min(self.most, max(by_work, by_rate)))


@dataclass(frozen=True)
class Starting:
    """How long a pod takes to be ready, in seconds.

    pod_s: least and most where a node has room for it: image, processes, weights. node_s: on top of that where a node
    has to be started. per_node: pods that fit on a node. kept_s: how long an empty node stays.
    """

    pod_s: tuple[float, float] = (15.0, 40.0)
    node_s: tuple[float, float] = (120.0, 240.0)
    per_node: int = 1
    kept_s: float = 600.0


class Scaler:
    """Starts and stops the workers of one kind, and counts their seconds."""

    def __init__(self, service: Service, kind: Kind, rule: Rule, starting: Starting, chance: Random) -> None:
        self._service, self._kind, self._rule, self._starting, self._chance = service, kind, rule, starting, chance
        self._coming = self.starts = 0
        self._waiting_s = self._busy = 0.0
        self._work: deque[tuple[float, float]] = deque([(0.0, 0.0)])  # when, seconds of work done by then
        self._wanted: deque[tuple[float, int]] = deque()  # when, how many
        self._nodes: deque[tuple[float, int]] = deque([(0.0, self._nodes_of(self._pods))])  # when, how many were in use
        self.pod_s = 0.0
        service.clock.every(SCRAPE_EVERY_S, self._scrape)
        service.clock.every(rule.poll_every_s, self._poll)

    @property
    def _pods(self) -> int:
        return len(self._service.workers[self._kind]) + self._coming

    @property
    def _ready_nodes(self) -> int:
        """Nodes that are up: as many as were in use at any time of the last while."""
        return max(number for _, number in self._nodes)

    def _nodes_of(self, pods: int) -> int:
        return ceil(pods / self._starting.per_node)

    def _scrape(self) -> None:
        service, stages, now_s = self._service, self._kind.value, self._service.clock.now_s
        self._waiting_s = sum(service.turns[stage].waiting * self._cost_s(stage) for stage in stages)
        self._work.append((now_s, sum(service.work_s[stage] for stage in stages)))
        _forget(self._work, now_s - RATE_OVER_S)
        (since_s, before), (_, after) = self._work[0], self._work[-1]
        self._busy = (after - before) / (now_s - since_s)
        self.pod_s += self._pods * SCRAPE_EVERY_S

    def _cost_s(self, stage: Stage) -> float:
        return self._service.work_s[stage] / max(1, self._service.runs[stage])

    def _poll(self) -> None:
        now_s = self._service.clock.now_s
        self._wanted.append((now_s, self._rule.wanted(self._waiting_s, self._busy)))
        _forget(self._wanted, now_s - self._rule.cooldown_s)
        self._nodes.append((now_s, self._nodes_of(self._pods)))
        _forget(self._nodes, now_s - self._starting.kept_s)
        latest, largest = self._wanted[-1][1], max(number for _, number in self._wanted)
        for _ in range(latest - self._pods):
            self._start()
        for _ in range(len(self._service.workers[self._kind]) - largest):
            self._service.dismiss(self._kind)

    def _start(self) -> None:
        on_new_node = self._pods >= self._ready_nodes * self._starting.per_node
        delay_s = self._chance.uniform(*self._starting.pod_s)
        delay_s += self._chance.uniform(*self._starting.node_s) if on_new_node else 0.0
        self._coming += 1
        self.starts += 1
        self._service.clock.after(delay_s, self._started)

    def _started(self) -> None:
        self._coming -= 1
        self._service.employ(self._kind)


def _forget(history: deque[Any], before_s: float) -> None:
    """Drop what is older, but for the latest of it."""
    while len(history) > 1 and history[1][0] <= before_s:
        history.popleft()
