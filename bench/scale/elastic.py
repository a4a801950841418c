"""Days and bursts: what autoscaling by the chart's rule saves, and what it costs in waits."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from bench.scale.arrivals import DAY_S, Visits, burst, daily, steady
from bench.scale.clock import Clock
from bench.scale.measure import Measured
from bench.scale.plant import Kind, Plant
from bench.scale.scaling import Rule, Scaler, Starting
from bench.scale.service import Service
from bench.scale.site import Site
from bench.scale.trials import WAITS_HEAD, Waits, drain, table, visits

HOUR_S = 3600.0
SWING = 0.8  # the day's most is 1.8 times its mean, its least 0.2 times
AT_PEAK, AT_REST = 0.9, 0.8  # how busy workers are at the peak, and where a trial begins
NODE_PODS = 8
BURST, BURST_OWNERS, BURST_AT_S, BURST_PER_S = 1000, 20, 1800.0, 2.0
BURST_TRIAL_S = 3 * HOUR_S

RULES: tuple[tuple[str, Rule | None], ...] = (
    ("fixed", None),
    ("waiting work alone, 10 s a pod", Rule(10.0, busy_share=None)),
    ("waiting work alone, 30 s a pod", Rule(30.0, busy_share=None)),
    ("the chart's rule", Rule()),
)


@dataclass(frozen=True)
class Trial:
    """A service whose pods come and go by a rule, or stay."""

    service: Service
    scalers: list[Scaler]
    pods: int

    @classmethod
    def of(cls, site: Site, workers: dict[Kind, int], rule: Rule | None) -> Trial:
        """One of CPU workers alone, that begins with so many."""
        plant = Plant(site.times, workers[Kind.DEPTH], workers[Kind.MODEL], front_cores=NODE_PODS)
        service = Service(Clock(), plant, Random(1))
        starting = Starting(per_node=NODE_PODS)
        scalers = [Scaler(service, kind, rule, starting, Random(3)) for kind in Kind] if rule else []
        return cls(service, scalers, sum(workers.values()))

    def run(self, visitors: Visits, until_s: float) -> float:
        """Let visitors come until then; the hours of all pods by then. Photos go on to their end."""
        visitors.start(self.service, Random(2))
        self.service.clock.run(until_s)
        pod_s = sum(each.pod_s for each in self.scalers) if self.scalers else self.pods * until_s
        drain(self.service, list(self.service.photos))
        return pod_s / HOUR_S


def workers_for(site: Site, per_s: float, busy: float) -> dict[Kind, int]:
    """Workers who are so busy with so many photos a second."""
    work_s = {Kind.DEPTH: site.face_s, Kind.MODEL: site.model_s}
    return {kind: max(1, round(per_s * each_s / busy)) for kind, each_s in work_s.items()}


def day(measured: Measured, mean_per_s: float) -> None:
    """A day with its peak: as many workers as the peak takes all day, or pods by a rule."""
    site, peak_per_s, rows = Site(measured, 0, workers=1), (1 + SWING) * mean_per_s, []
    for name, rule in RULES:
        at_first = (1 - SWING) * mean_per_s, AT_REST
        trial = Trial.of(site, workers_for(site, *(at_first if rule else (peak_per_s, AT_PEAK))), rule)
        pod_hours = trial.run(visits(daily(mean_per_s, SWING), peak_per_s), DAY_S)
        needed_hours = mean_per_s * DAY_S * (site.face_s + site.model_s) / HOUR_S
        cells = [f"{pod_hours:,.0f}", f"{pod_hours / needed_hours:.2f}", f"{sum(s.starts for s in trial.scalers):,}"]
        rows.append([name if rule else "fixed, for the peak at 90 %", *Waits.of(trial.service.photos).cells, *cells])
    table((f"mean {mean_per_s:g} photos/s", *WAITS_HEAD, "pod hours", "of those needed", "pods started"), rows)


def bursts(measured: Measured) -> None:
    """Photos at once on top of a steady load: how long they and others take."""
    site, rows = Site(measured, 0, workers=1), []
    for name, rule in RULES:
        trial = Trial.of(site, workers_for(site, BURST_PER_S, AT_REST), rule)
        burst(trial.service, BURST_AT_S, BURST, owners=BURST_OWNERS)
        pod_hours = trial.run(visits(steady(BURST_PER_S), BURST_PER_S), BURST_TRIAL_S)
        theirs = Waits.of([photo for photo in trial.service.photos if photo.sent_s == BURST_AT_S])
        meanwhile = BURST_AT_S, BURST_AT_S + HOUR_S / 2
        others = [photo for photo in trial.service.photos if meanwhile[0] < photo.sent_s < meanwhile[1]]
        last = [f"{max(theirs.points_s):.0f}", f"{max(theirs.ended_s):.0f}"]
        rows.append([name if rule else "fixed at 80 %", *last, Waits.of(others).cells[1], f"{pod_hours:.0f}"])
    head = ("all have points, s", "all are whole, s", f"others, {WAITS_HEAD[1]}", "pod hours of 3 h")
    table(("", *head), rows)
