"""Which hosts are answered: a page of another name that was pointed at us reads and does nothing (DNS rebinding)."""

import json

import httpx
import pytest

from tests.support.fronts import running_front, serving
from tests.support.raw_http import Answer, ask
from tests.support.requests import API

ROUTES = ("/", "/healthz", "/metrics", "/openapi.json", f"{API}/jobs", "/static/page.css", "/no/such/route")


def get(url: str, host: str, target: str = "/healthz", version: str = "1.1") -> Answer:
    return ask(url, f"GET {target} HTTP/{version}\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())


@pytest.mark.parametrize("route", ROUTES)
def test_every_route_refuses_a_host_of_another_name(url, route):
    answer = get(url, "attacker.example", route)
    assert answer.status == 421
    assert answer.headers["content-type"] == "application/problem+json"
    assert "attacker.example" in json.loads(answer.body)["detail"]


@pytest.mark.parametrize(
    "host",
    ["localhost", "LocalHost:8000", "localhost.:80", "relief.localhost", "127.0.0.1", "127.0.0.1:1", "192.0.2.7:65535",
     "[::1]", "[2001:db8::1]:8000"],
)  # fmt: skip
def test_ip_addresses_and_this_machine_need_no_entry(url, host):
    assert get(url, host).status == 200


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1.attacker.example", "localhost.attacker.example", "notlocalhost", "attacker.example:80", "[1:2:3]",
     "ATTACKER.EXAMPLE.", "0x7f.1", "attacker.example:443", "web"],
)  # fmt: skip
def test_names_that_look_like_this_machine_are_others(url, host):
    assert get(url, host).status == 421


@pytest.mark.parametrize(
    "host", ["localhost@attacker.example", "attacker.example, localhost", "a b", "[::1", "x:y", "x:99999", ""]
)
def test_what_is_no_host_is_refused(url, host):
    assert get(url, host).status == 400


def test_an_absolute_target_is_held_to_the_same_names(settings, store):
    with running_front(settings) as (_, url):
        assert get(url, "localhost", "http://localhost/healthz").status == 200
        assert get(url, "localhost", "http://attacker.example/healthz").status == 421
        assert get(url, "localhost", "http://localhost@attacker.example:80/healthz").status == 421
        assert get(url, "attacker.example", "http://localhost/healthz").status == 421


@pytest.mark.parametrize("setting", ["false", "true"])
def test_no_header_makes_the_service_think_that_it_was_reached_otherwise(settings, store, portrait, setting):
    claims = ("X-Forwarded-Host", "X-Forwarded-Server", "X-Forwarded-Prefix", "X-Script-Name", "Script-Name",
              "SCRIPT_NAME", "X_Forwarded_Proto", "X_FORWARDED_HOST", "Forwarded", "X-Original-URL", "X-Rewrite-URL",
              "X-HTTP-Method-Override", "Path-Info", "Remote-Addr", "Https", "Wsgi-Url-Scheme")  # fmt: skip
    values = dict.fromkeys(claims, "https://attacker.example/x") | {"Forwarded": "proto=https;host=attacker.example"}
    if setting == "false":
        values |= {"X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "on", "X-Forwarded-Port": "443"}
    with running_front(settings, RELIEF_BEHIND_PROXY=setting) as (_, url), httpx.Client(base_url=url) as client:
        plain, claimed = (
            client.post(f"{API}/jobs", files={"photo": portrait}, headers=headers) for headers in ({}, values)
        )
        assert claimed.status_code == plain.status_code == 202
        assert "attacker" not in claimed.text + str(claimed.headers)
        assert "secure" not in claimed.headers.get("set-cookie", "").lower()
        assert "Strict-Transport-Security" not in client.get("/", headers=values).headers
        assert claimed.json()["links"]["self"].startswith("/api/")


def test_the_names_of_the_setting_are_answered_in_any_case_and_at_any_port(settings, store):
    ours = settings.model_copy(update={"hosts": ("relief.example.org", ".example.com", "bücher.example")})
    with serving(ours) as url:
        for host in ("relief.example.org", "Relief.Example.ORG.:8443", "a.b.example.com", "xn--bcher-kva.example"):
            assert get(url, host).status == 200, host
        for host in ("example.org", "evil.relief.example.org", "notexample.com", "relief.example.org.evil.example"):
            assert get(url, host).status == 421, host


def test_a_star_answers_to_any_name(settings, store):
    with serving(settings.model_copy(update={"hosts": ("*",)})) as url:
        assert get(url, "attacker.example").status == 200
