"""What the end-to-end tests do as any client would: upload, poll, fetch."""

import time

import httpx

API = "/api/v1"


def send(client: httpx.Client, photo: bytes, **fields: str) -> dict:
    response = client.post(f"{API}/jobs", files={"photo": ("photo.png", photo)}, data=fields)
    assert response.status_code == 202, response.text
    return response.json()


def follow(client: httpx.Client, job: dict, timeout_s: float = 60) -> list[dict]:
    """Every document that polling saw, the last one ended."""
    seen, deadline = [job], time.monotonic() + timeout_s
    while seen[-1]["state"] in ("queued", "running"):
        assert time.monotonic() < deadline, f"not ended after {timeout_s} s: {seen[-1]}"
        time.sleep(0.05)
        response = client.get(job["links"]["self"])
        assert response.status_code == 200, response.text
        seen.append(response.json())
    return seen


def result(client: httpx.Client, job: dict, name: str) -> bytes:
    response = client.get(f"{job['links']['self']}/results/{name}")
    assert response.status_code == 200, response.text
    return response.content
