"""The first picture of a job: there while its depth is estimated, and gone when its points are there."""

import json
from collections.abc import Iterator

import httpx
import numpy as np
from scipy.spatial import cKDTree

from shared.cloud.format import cloud_from_bytes
from tests.support.following import result, send
from tests.support.requests import events_of


def documents_of(client: httpx.Client, job: dict) -> Iterator[dict]:
    """The job's documents as they are told, up to its end."""
    with client.stream("GET", job["links"]["events"]) as response:
        for event in events_of(response):
            if event.get("event") == "job":
                yield json.loads(event["data"])


def test_landmarks_are_shown_before_the_depth_where_the_points_will_be(client, portrait):
    job = send(client, portrait, steps="depth,model")
    rough, shown = None, []
    for document in documents_of(client, job):
        names = {file["name"] for file in document["results"]}
        shown.append(document["preview"])
        assert document["preview"] == ("rough.rlf" in names)
        assert not {"rough.rlf", "cloud.rlf"} <= names
        if document["preview"] and rough is None:
            assert "depth.npz" not in names
            rough = cloud_from_bytes(result(client, job, "rough.rlf"))
    assert rough is not None and not shown[0] and not shown[-1]
    cloud = cloud_from_bytes(result(client, job, "cloud.rlf"))
    apart_mm, _ = cKDTree(cloud.points()).query(rough.points())
    assert np.median(apart_mm) < 3
    assert client.get(f"{job['links']['self']}/results/rough.rlf").status_code == 404
