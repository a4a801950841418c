"""Readiness counts the workers of each stage."""

from shared.jobs.record import Stage
from shared.jobs.workers import Workers


def test_readiness_counts_the_workers(client, store):
    assert client.get("/readyz").status_code == 503
    for stage in Stage:
        Workers(store.redis).announce(stage, "host:1")
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"workers": {"depth": 1, "model": 1, "head": 1, "export": 1}}
