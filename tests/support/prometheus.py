"""A real Prometheus with the rules of deploy/prometheus, and the dashboard of deploy/grafana."""

import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import yaml

from stack.local import PROJECT
from stack.processes import Command, Supervised, free_port, wait_until
from tests.support.programs import path_of

FOLDER = PROJECT / "deploy" / "prometheus"
DASHBOARD = PROJECT / "deploy" / "grafana" / "relief.json"
EVERY = "1s"


def panels() -> list[dict]:
    """The panels of the dashboard, rows too."""
    return json.loads(DASHBOARD.read_text())["panels"]


def dashboard_targets() -> list[dict]:
    """All queries of the dashboard."""
    return [target for panel in panels() for target in panel.get("targets", [])]


def prometheus_path() -> str:
    return path_of("prometheus", "prometheus")


@contextmanager
def running_prometheus(folder: Path, urls: Sequence[str]) -> Iterator[httpx.Client]:
    """A client of a Prometheus that scrapes these URLs each second."""
    config = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": EVERY, "evaluation_interval": EVERY}
    config["rule_files"] = [str(FOLDER / name) for name in config["rule_files"]]
    [job] = config["scrape_configs"]
    del job["dns_sd_configs"]
    job["static_configs"] = [{"targets": [url.removeprefix("http://") for url in urls]}]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = free_port()
    argv = [prometheus_path(), f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    argv += [f"--web.listen-address=127.0.0.1:{port}"]
    process = Supervised(Command("prometheus", argv, {}, folder / "prometheus.log"))
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            wait_until("Prometheus", lambda: _answers(client))
            yield client
    finally:
        process.stop()


def values_of(client: httpx.Client, query: str) -> list[float]:
    """What a query gives now, without what is no number."""
    answer = client.get("/api/v1/query", params={"query": query}).json()
    assert answer["status"] == "success", answer
    return [value for one in answer["data"]["result"] if not math.isnan(value := float(one["value"][1]))]


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/-/ready").is_success
    except httpx.TransportError:
        return False  # not up yet
