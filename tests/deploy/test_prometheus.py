"""The rules for Prometheus: each alert fires when it should and not before, and has its section in the documents."""

import re
import subprocess
from dataclasses import dataclass

import pytest
import yaml

from stack.local import PROJECT
from tests.support.programs import path_of

FOLDER = PROJECT / "deploy" / "prometheus"
RULES = FOLDER / "relief.rules.yml"
OPERATION = PROJECT / "docs" / "operation.md"


@dataclass(frozen=True)
class Case:
    """An alert, figures at each minute in promtool's notation, a minute when it does not fire, and one when it does."""

    alert: str
    series: dict[str, str]
    quiet_min: int
    fires_min: int | None = None

    def document(self) -> dict:
        firing = f'count by (alertname) (ALERTS{{alertname="{self.alert}", alertstate="firing"}})'
        found = [{"labels": f'{{alertname="{self.alert}"}}', "value": 1}]
        moments = {self.quiet_min: [], self.fires_min: found}
        return {
            "name": self.alert,
            "interval": "1m",
            "input_series": [{"series": name, "values": values} for name, values in self.series.items()],
            "promql_expr_test": [
                {"expr": firing, "eval_time": f"{minute}m", "exp_samples": samples}
                for minute, samples in moments.items()
                if minute is not None
            ],
        }


CASES = [
    Case("ReliefScrapeAbsent", {"relief_build_info": "1x10 _x30"}, quiet_min=10, fires_min=30),
    Case("ReliefRedisAway", {"relief_redis_up": "1x9 0x20"}, quiet_min=9, fires_min=13),
    Case("ReliefRedisAway", {"relief_redis_up": "1x9 0 1x9"}, quiet_min=11),
    Case("ReliefRedisSlow", {"relief_redis_ping_seconds": "0.0002x9 0.2x30"}, quiet_min=9, fires_min=30),
    Case("ReliefRedisDiskFull", {"relief_redis_reserve_gone": "0x9 1x20"}, quiet_min=9, fires_min=13),
    Case(
        "ReliefRedisReplicaMissing",
        {"relief_redis_replicas": "2x9 1x30", "relief_redis_replicas_needed": "1x40"},
        quiet_min=9,
        fires_min=15,
    ),
    Case("ReliefRedisReplicaMissing", {"relief_redis_replicas": "0x30", "relief_redis_replicas_needed": "0x30"}, 20),
    Case(
        "ReliefNoWorker",
        {'relief_jobs_waiting{stage="depth"}': "0x9 3x30", 'relief_workers_alive{stage="depth"}': "0x30"},
        quiet_min=9,
        fires_min=15,
    ),
    Case(
        "ReliefNoWorker",
        {'relief_jobs_waiting{stage="depth"}': "3x30", 'relief_workers_alive{stage="depth"}': "1x30"},
        quiet_min=20,
    ),
    Case("ReliefLongWait", {'relief_oldest_wait_seconds{stage="model"}': "0+20x60"}, quiet_min=15, fires_min=30),
    Case("ReliefJobsGivenUp", {'relief_jobs_failed_total{reason="given-up"}': "0x9 1x60"}, 9, fires_min=12),
    Case("ReliefJobsGivenUp", {'relief_jobs_failed_total{reason="given-up"}': "0x9 1x60"}, quiet_min=40),
    Case("ReliefJobsFailHere", {'relief_jobs_failed_total{reason="internal"}': "0x9 1x60"}, 9, fires_min=12),
    Case("ReliefJobsFailHere", {'relief_jobs_failed_total{reason="no-face"}': "0+1x60"}, quiet_min=40),
    Case(
        "ReliefManyJobsFail",
        {
            'relief_jobs_ended_total{state="succeeded"}': "0+2x90",
            'relief_jobs_ended_total{state="failed"}': "0x30 0+2x60",
        },
        quiet_min=29,
        fires_min=60,
    ),
    Case(
        "ReliefManyJobsFail",
        {'relief_jobs_ended_total{state="succeeded"}': "0x90", 'relief_jobs_ended_total{state="failed"}': "0x30 5x60"},
        quiet_min=45,
    ),
    Case(
        "ReliefManyRecoveries",
        {'relief_recovered_total{stage="depth"}': "0x9 9x60", 'relief_claimed_total{stage="depth"}': "0+10x60"},
        quiet_min=9,
        fires_min=12,
    ),
    Case(
        "ReliefManyRecoveries",
        {'relief_recovered_total{stage="depth"}': "0x9 9x60", 'relief_claimed_total{stage="depth"}': "0+1000x60"},
        quiet_min=12,
    ),
    Case(
        "ReliefStorageRefuses",
        {'relief_put_off_total{stage="depth"}': "0x9 1+1x60", 'relief_http_problems_total{reason="storage"}': "0x60"},
        quiet_min=9,
        fires_min=20,
    ),
    Case(
        "ReliefStorageRefuses",
        {'relief_put_off_total{stage="depth"}': "0x9 1x60", 'relief_http_problems_total{reason="storage"}': "0x60"},
        quiet_min=15,
    ),
    Case(
        "ReliefStorageNearlyFull",
        {"relief_storage_bytes": "60+1x60", "relief_storage_left_bytes": "39-1x60"},
        quiet_min=29,
        fires_min=45,
    ),
    Case("ReliefStorageNearlyFull", {"relief_storage_bytes": "60+1x60", "relief_storage_left_bytes": 30 * "Inf "}, 25),
    Case("ReliefWebhooksRefused", {'relief_webhooks_refused_total{reason="host"}': "0x9 1x60"}, 9, fires_min=12),
    Case(
        "ReliefServerErrors",
        {
            'relief_http_requests_total{route="jobs.show", status="2xx"}': "0+100x60",
            'relief_http_requests_total{route="jobs.show", status="5xx"}': "0x9 0+10x60",
        },
        quiet_min=9,
        fires_min=20,
    ),
    Case(
        "ReliefServerErrors",
        {
            'relief_http_requests_total{route="jobs.show", status="2xx"}': "0+100x60",
            'relief_http_requests_total{route="health.ready", status="5xx"}': "0+10x60",
        },
        quiet_min=30,
    ),
    Case(
        "ReliefServerErrors",
        {
            'relief_http_requests_total{route="jobs.show", status="2xx"}': "0+100x60",
            'relief_http_refused_total{status="503"}': "0x9 0+10x60",
        },
        quiet_min=9,
        fires_min=20,
    ),
    Case(
        "ReliefUploadsSlow",
        {
            'relief_http_request_seconds_bucket{route="jobs.create", le="2.5"}': "0+10x19 190+8x60",
            'relief_http_request_seconds_bucket{route="jobs.create", le="5"}': "0+10x80",
            'relief_http_request_seconds_bucket{route="jobs.create", le="+Inf"}': "0+10x80",
        },
        quiet_min=19,
        fires_min=50,
    ),
    Case(
        "ReliefMixedVersions",
        {
            'relief_build_info{instance="a", version="1"}': "1x200",
            'relief_build_info{instance="b", version="2"}': "_x9 1x100",
        },
        quiet_min=60,
        fires_min=80,
    ),
]


@pytest.fixture(scope="module")
def promtool() -> str:
    return path_of("promtool", "prometheus")


def alerts() -> dict[str, dict]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"] if "alert" in rule}


def run(*command: object) -> None:
    ran = subprocess.run([*map(str, command)], cwd=FOLDER, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_rules_and_the_configuration_that_loads_them_are_valid(promtool):
    run(promtool, "check", "config", "prometheus.yml")
    run(promtool, "check", "rules", RULES.name)


def test_every_alert_fires_when_it_should_and_not_before(promtool, tmp_path):
    tests = {"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": [case.document() for case in CASES]}
    (tmp_path / "tests.yml").write_text(yaml.safe_dump(tests))
    run(promtool, "test", "rules", tmp_path / "tests.yml")
    assert {case.alert for case in CASES if case.fires_min} == set(alerts())


def test_every_alert_says_how_bad_it_is_and_leads_to_its_section():
    for name, rule in alerts().items():
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert {"summary", "description"} < rule["annotations"].keys()
        assert rule["annotations"]["runbook_url"] == f"docs/operation.md#{name.lower()}"


def test_every_alert_has_its_section_and_every_section_its_alert():
    _, _, section = OPERATION.read_text().partition("\n## Alerts\n")
    section, _, _ = section.partition("\n## ")
    told = re.findall(r"^### (\w+)$", section, re.MULTILINE)
    assert told == list(alerts())
