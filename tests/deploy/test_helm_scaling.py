"""How many workers KEDA is told to run: the chart's queries, asked of Prometheus's own evaluator."""

import math
import re
import subprocess

import pytest
import yaml

from tests.support.chart_values import FULL, PLAIN
from tests.support.helm import Document, helm_path, rendered
from tests.support.programs import path_of

helm_path()  # skips these tests where there is none
FRONTS = ("a", "b")  # each tells the same


@pytest.fixture(scope="module")
def promtool() -> str:
    return path_of("promtool", "prometheus")


def triggers() -> dict[str, list[Document]]:
    """The metadata of each pool's triggers: by what waits, and by the work that goes on."""
    scaled = rendered(FULL).of("ScaledObject")
    return {
        name.removeprefix("relief-"): [trigger["metadata"] for trigger in each["spec"]["triggers"]]
        for name, each in scaled.items()
    }


def test_workers_are_scaled_by_the_work_that_waits_for_them_and_by_what_goes_on():
    release = rendered(FULL)
    assert all("replicas" not in each["spec"] for each in release.of("Deployment").values())
    assert {f"relief-{name}" for name in triggers()} == set(release.of("Deployment")) - {"relief-web"}
    for name, scaled in release.of("ScaledObject").items():
        queues = release.container(name.removeprefix("relief-"), "worker")["args"][1]
        asked = triggers()[name.removeprefix("relief-")]
        for trigger, metric in zip(asked, ("relief_waiting_work_seconds", "relief_run_seconds_total"), strict=True):
            stages = re.search(metric + r'\{stage=~"(.+)"\}', trigger["query"])
            assert stages and stages[1].split("|") == queues.split(",")
            assert trigger["ignoreNullValues"] == "false"
        behavior = scaled["spec"]["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
        assert behavior["scaleUp"]["policies"][0]["value"] == scaled["spec"]["maxReplicaCount"]
        assert behavior["scaleDown"]["stabilizationWindowSeconds"] == scaled["spec"]["cooldownPeriod"]
    plain = rendered(PLAIN)
    assert not plain.of("ScaledObject")
    assert {each["spec"]["replicas"] for each in plain.of("Deployment").values()} == {1, 2}


@pytest.mark.parametrize(
    ("waiting_s", "busy", "pods"),
    [
        ({}, {}, {"depth-gpu": 0, "model": 0}),
        ({"depth": 90}, {}, {"depth-gpu": 3, "model": 0}),
        ({"depth": 91, "model": 20, "head": 20, "export": 20}, {}, {"depth-gpu": 4, "model": 2}),
        ({"head": 75}, {"depth": 1, "model": 1}, {"depth-gpu": 2, "model": 3}),
        ({"head": 1}, {"model": 1, "head": 3, "export": 2}, {"depth-gpu": 0, "model": 8}),
    ],
)
def test_there_is_a_pod_for_thirty_seconds_of_work_and_enough_for_the_work_of_the_last_minutes(
    promtool, tmp_path, waiting_s, busy, pods
):
    stages = ("depth", "model", "head", "export")
    series = [
        {"series": f'{metric}{{instance="{front}", stage="{stage}"}}', "values": values.format(given.get(stage, 0))}
        for metric, given, values in (
            ("relief_waiting_work_seconds", waiting_s, "{0}x5"),
            ("relief_run_seconds_total", {stage: 60 * number for stage, number in busy.items()}, "0+{0}x5"),
        )
        for front in FRONTS
        for stage in stages
    ]
    sums = {
        name: [sum(given.get(stage, 0) for stage in of) for given in (waiting_s, busy)]
        for name, of in (("depth-gpu", stages[:1]), ("model", stages[1:]))
    }
    tests = [
        {"expr": trigger["query"], "eval_time": "5m", "exp_samples": [{"value": value}]}
        for name, asked in triggers().items()
        for trigger, value in zip(asked, sums[name], strict=True)
    ]
    file = tmp_path / "tests.yml"
    file.write_text(yaml.safe_dump({"tests": [{"interval": "1m", "input_series": series, "promql_expr_test": tests}]}))
    asked = subprocess.run([promtool, "test", "rules", str(file)], capture_output=True, text=True)
    assert asked.returncode == 0, asked.stdout + asked.stderr
    assert pods == {
        name: max(
            math.ceil(value / float(trigger["threshold"])) for trigger, value in zip(asked, sums[name], strict=True)
        )
        for name, asked in triggers().items()
    }
