"""How many workers KEDA is told to run: the chart's queries, asked of Prometheus's own evaluator."""

import math
import re
import subprocess

import pytest
import yaml

from tests.deploy.test_helm import FULL, PLAIN
from tests.support.helm import Document, helm_path, rendered
from tests.support.programs import path_of

helm_path()  # skips these tests where there is none
FRONTS = ("a", "b")  # each tells the same


@pytest.fixture(scope="module")
def promtool() -> str:
    return path_of("promtool", "prometheus")


def triggers() -> dict[str, Document]:
    """The metadata of each pool's trigger."""
    scaled = rendered(FULL).of("ScaledObject")
    return {name.removeprefix("relief-"): each["spec"]["triggers"][0]["metadata"] for name, each in scaled.items()}


def test_workers_are_scaled_by_the_work_that_waits_for_them():
    release = rendered(FULL)
    assert all("replicas" not in each["spec"] for each in release.of("Deployment").values())
    assert {f"relief-{name}" for name in triggers()} == set(release.of("Deployment")) - {"relief-web"}
    for name, scaled in release.of("ScaledObject").items():
        queues = release.container(name.removeprefix("relief-"), "worker")["args"][1]
        trigger = triggers()[name.removeprefix("relief-")]
        stages = re.search(r'relief_waiting_work_seconds\{stage=~"(.+)"\}', trigger["query"])
        assert stages and stages[1].split("|") == queues.split(",")
        assert trigger["ignoreNullValues"] == "false"
        behavior = scaled["spec"]["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
        assert behavior["scaleUp"]["policies"][0]["value"] == scaled["spec"]["maxReplicaCount"]
        assert behavior["scaleDown"]["stabilizationWindowSeconds"] == scaled["spec"]["cooldownPeriod"]
    plain = rendered(PLAIN)
    assert not plain.of("ScaledObject")
    assert {each["spec"]["replicas"] for each in plain.of("Deployment").values()} == {1, 2}


@pytest.mark.parametrize(
    ("waiting_s", "pods"),
    [
        ({"depth": 0, "model": 0, "head": 0, "export": 0}, {"depth-gpu": 0, "model": 0}),
        ({"depth": 30, "model": 0, "head": 0, "export": 0}, {"depth-gpu": 3, "model": 0}),
        ({"depth": 31, "model": 6, "head": 6, "export": 6}, {"depth-gpu": 4, "model": 2}),
        ({"depth": 0, "model": 0, "head": 25, "export": 0}, {"depth-gpu": 0, "model": 3}),
    ],
)
def test_there_is_a_pod_for_each_ten_seconds_of_work_whichever_stage_it_waits_for(promtool, tmp_path, waiting_s, pods):
    series = [
        {"series": f'relief_waiting_work_seconds{{instance="{front}", stage="{stage}"}}', "values": str(seconds)}
        for front in FRONTS
        for stage, seconds in waiting_s.items()
    ]
    queried = {"depth-gpu": waiting_s["depth"], "model": sum(waiting_s.values()) - waiting_s["depth"]}
    tests = [
        {"expr": trigger["query"], "eval_time": "0s", "exp_samples": [{"value": queried[name]}]}
        for name, trigger in triggers().items()
    ]
    file = tmp_path / "tests.yml"
    file.write_text(yaml.safe_dump({"tests": [{"input_series": series, "promql_expr_test": tests}]}))
    asked = subprocess.run([promtool, "test", "rules", str(file)], capture_output=True, text=True)
    assert asked.returncode == 0, asked.stdout + asked.stderr
    assert pods == {
        name: math.ceil(queried[name] / float(trigger["threshold"])) for name, trigger in triggers().items()
    }
