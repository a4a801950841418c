"""What a request may send: a form or a bare image, settings, and a webhook with its secret."""

import pytest

from shared.jobs.record import Problem, Stage
from tests.support.jobs import claim
from tests.support.requests import API, assert_problem, upload


def test_the_refusal_of_a_request_without_a_photo_says_how_to_send_one(client):
    assert_problem(client.post(f"{API}/jobs", data={}), 422, 'field "photo"')


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"point_budget": "-1"}, "point_budget"),
        ({"steps": "model"}, "steps"),
        ({"fov_x_deg": "wide"}, "fov_x_deg"),
        ({"pupil_distance_mm": "39"}, "pupil_distance_mm"),
        ({"focus": "hair"}, "focus"),
        ({"face": "12"}, "face"),
        ({"face": "-1,5"}, "face"),
        ({"face": "0,512"}, "face: the point 0,512 is outside of the photo"),
        ({"colour": "photo"}, "Unknown settings: colour"),
    ],
)
def test_a_wrong_setting_is_named(client, store, portrait, fields, words):
    assert_problem(upload(client, portrait, **fields), 422, words)
    assert store.waiting(Stage.DEPTH) == 0


def test_the_settings_of_both_stages_are_kept_with_the_job(client, portrait):
    job = upload(client, portrait, pupil_distance_mm="58.5", point_budget="2000", focus="photo").json()
    assert job["settings"]["depth"]["pupil_distance_mm"] == 58.5
    assert job["settings"]["depth"]["focus"] == "photo"
    assert job["settings"]["model"]["point_budget"] == 2000


@pytest.mark.parametrize(
    ("body", "kind", "status", "words"),
    [
        (b"no boundary", "multipart/form-data", 400, "cannot be read"),
        (b"--x\r\nContent-Disposition: form-da", "multipart/form-data; boundary=x", 400, "cannot be read"),
        (
            b'--x\r\nContent-Disposition: form-data; name="photo"\r\n\r\nabc\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
            422,
            "must be a file",
        ),
    ],
)
def test_the_refusal_of_a_broken_form_says_what_is_wrong(client, settings, body, kind, status, words):
    assert_problem(client.post(f"{API}/jobs", content=body, headers={"Content-Type": kind}), status, words)
    assert not settings.data.exists() or not list(settings.data.rglob("*.jpg"))


def test_a_bare_image_has_its_settings_in_the_query(client, portrait):
    url = f"{API}/jobs?steps=depth,model&point_budget=5000"
    made = client.post(url, content=portrait, headers={"Content-Type": "image/png"})
    assert made.status_code == 202
    assert made.json()["settings"]["model"]["point_budget"] == 5000
    assert made.json()["steps"] == ["depth", "model"]
    assert_problem(client.post(f"{API}/jobs", content=b"GIF89a", headers={"Content-Type": "image/png"}), 415, "JPEG")
    assert_problem(client.post(f"{API}/jobs", content=b"x", headers={"Content-Type": "image/webp"}), 415, "image/webp")
    assert_problem(client.post(f"{API}/jobs", json={}), 415, "application/json")
    assert_problem(
        client.post(f"{API}/jobs?color=red", content=portrait, headers={"Content-Type": "image/png"}), 422, "color"
    )


def test_a_webhook_is_checked_and_kept_out_of_the_document(client, store, portrait):
    hook = {"webhook": "https://example.com/hook", "webhook_secret": "sixteen letters!", "steps": "depth"}
    assert_problem(upload(client, portrait, webhook=hook["webhook"]), 422, "webhook_secret")
    assert_problem(upload(client, portrait, **hook | {"webhook": "http://127.0.0.1/"}), 422, "not public")
    assert_problem(upload(client, portrait, **hook, webhook_events="started"), 422, "webhook_events")
    made = upload(client, portrait, **hook, webhook_events="failed")
    assert made.status_code == 202 and "sixteen" not in made.text
    store.claims.fail(claim(store)[0], Problem(type="no-face", title="x", detail="x"))
    assert len(store.redis.keys("relief:news:*")) == 1


@pytest.mark.parametrize("kind", ["form", "image"])
def test_a_webhook_secret_is_accepted_in_a_header_and_refused_in_the_query(client, store, portrait, kind):
    photo = {"form": {"files": {"photo": ("a.jpg", portrait)}}, "image": {"content": portrait}}[kind]
    headers = {"Content-Type": "image/png"} if kind == "image" else {}
    hook = {"webhook": "https://example.com/hook", "steps": "depth"}

    def ask(secret, **query):
        given = headers | ({"Relief-Webhook-Secret": secret} if secret else {})
        return client.post(f"{API}/jobs", params=hook | query, headers=given, **photo)

    assert_problem(ask(None), 422, "Relief-Webhook-Secret")
    assert_problem(ask(None, webhook_secret="sixteen letters!"), 422, "header Relief-Webhook-Secret")
    assert_problem(ask("sixteen letters!", webhook_secret=""), 422, "must not be in the query")
    assert_problem(ask("too short"), 422, "webhook_secret")
    assert_problem(ask("s\u00e4chzehn Zeichen".encode()), 422, "ASCII")
    assert ask("sixteen letters!").status_code == 202
    store.claims.fail(claim(store)[0], Problem(type="no-face", title="x", detail="x"))
    [number] = store.redis.keys("relief:news:*")
    assert store.redis.hget(number, "secret") == b"sixteen letters!"


def test_a_webhook_secret_in_a_header_overrides_one_in_the_form(client, store, portrait):
    fields = {"webhook": "https://example.com/hook", "webhook_secret": "f" * 16, "steps": "depth"}
    made = client.post(
        f"{API}/jobs",
        files={"photo": ("a.jpg", portrait)},
        data=fields,
        headers={"Relief-Webhook-Secret": "h" * 16},
    )
    assert made.status_code == 202
    store.claims.fail(claim(store)[0], Problem(type="no-face", title="x", detail="x"))
    [number] = store.redis.keys("relief:news:*")
    assert store.redis.hget(number, "secret") == b"h" * 16
