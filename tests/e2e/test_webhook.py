"""A webhook is called by the workers as they run."""

import httpx
import standardwebhooks

from stack.processes import wait_until
from tests.support.webhooks import Receiver, serving

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_end_of_a_job_reaches_its_webhook_signed(client: httpx.Client, portrait: bytes):
    with serving(Receiver()) as receiver:
        settings = {"steps": "depth", "webhook": receiver.url, "webhook_secret": SECRET}
        job = client.post("/api/v1/jobs", files={"photo": portrait}, data=settings).raise_for_status().json()
        wait_until("the webhook", lambda: bool(receiver.received))
        [(_, headers, body)] = receiver.received
    message = standardwebhooks.Webhook(SECRET).verify(body, headers)
    assert (message["event"], message["job"]) == ("job.succeeded", job["id"])
    assert client.get(message["link"]).json()["state"] == "succeeded"
