"""Whom the chart's network policies let talk to whom, as a network plugin reads them."""

import pytest

from shared.webhooks.addresses import EMBEDDING, GLOBAL_UNICAST, SPECIAL_IPV4, SPECIAL_IPV6, is_public
from tests.support.chart_values import CLAIM, FULL, OPEN, PLAIN
from tests.support.helm import Release, defaults, helm_path, rendered, selects

helm_path()  # skips these tests where there is none
INTERNET = ("93.184.216.34", "2606:2800:220:1::1")
INSIDE = (
    "10.244.3.7",  # a pod
    "10.96.0.1",  # the API server
    "169.254.169.254",  # a cloud's metadata
    "127.0.0.1",
    "172.17.0.1",
    "192.168.1.1",
    "100.100.100.200",
    "224.0.0.1",
    "255.255.255.255",
    "fd00:ec2::254",
    "fe80::1",
    "::1",
    "::ffff:10.0.0.1",
    "ff02::1",
    "64:ff9b::a00:1",  # 10.0.0.1 by NAT64
)
SMTP, HTTP, HTTPS, REDIS, SENTINEL = 25, 80, 443, 6379, 26379


def peers_of(release: Release, component: str) -> dict[str, list]:
    """Who may come in to a component's ports, by port."""
    labels = release.pods()[component]["metadata"]["labels"]
    policies = [each["spec"] for each in release.of("NetworkPolicy").values()]
    chosen = [each for each in policies if "Ingress" in each["policyTypes"] and selects(each["podSelector"], labels)]
    assert chosen  # else everybody may
    rules = [rule for each in chosen for rule in each.get("ingress", [])]
    return {port["port"]: rule.get("from", []) for rule in rules for port in rule["ports"]}


@pytest.mark.parametrize("values", [PLAIN, CLAIM, FULL], ids=["plain", "claim", "full"])
def test_only_the_front_can_be_reached_and_each_port_by_its_own_peers(values):
    release = rendered(values)
    for component in release.pods():
        if component != "web":
            assert peers_of(release, component) == {}
    peers = peers_of(release, "web")
    names = {port: one["namespaceSelector"]["matchLabels"] for port, [one] in peers.items()}
    assert [*names["http"].values(), *names["metrics"].values()] == ["ingress-nginx", "monitoring"]
    assert set(peers) == {port["name"] for of, one in release.containers() if of == "web" for port in one["ports"]}


def test_workers_call_webhooks_outside_and_nothing_inside():
    for component in ("depth-cpu", "model"):
        for address in INTERNET:
            assert is_public(address)
            assert all(rendered(PLAIN).may_reach(component, address, port) for port in (HTTP, HTTPS, SMTP))
        for address in INSIDE:
            assert not is_public(address)
            assert not rendered(PLAIN).may_reach(component, address, HTTP)


def test_what_is_public_is_what_webhooks_take_for_it():
    internet = defaults()["networkPolicy"]["internet"]
    embedding = [block for block in EMBEDDING if block.subnet_of(GLOBAL_UNICAST)]
    assert internet["except"] == [str(block) for block in SPECIAL_IPV4]
    assert internet["exceptIPv6"] == [str(block) for block in SPECIAL_IPV6 + embedding]
    [rule] = rendered(PLAIN).of("NetworkPolicy")["relief-workers"]["spec"]["egress"]
    assert [peer["ipBlock"]["cidr"] for peer in rule["to"]] == ["0.0.0.0/0", str(GLOBAL_UNICAST)]


def test_the_front_reaches_redis_and_the_bucket_alone():
    for address in INTERNET + INSIDE:
        for port in (REDIS, SENTINEL, HTTPS):
            assert rendered(PLAIN).may_reach("web", address, port)
        for port in (SMTP, HTTP, 8000, 8080, 10250):
            assert not rendered(PLAIN).may_reach("web", address, port)
        assert not rendered(CLAIM).may_reach("web", address, HTTPS)  # the node mounts the claim


def test_redis_and_bucket_can_be_held_to_their_addresses():
    own = {"redis": {"to": [{"ipBlock": {"cidr": "10.1.0.0/16"}}]}, "internet": {"enabled": False}}
    release = rendered({**PLAIN, "networkPolicy": own})
    for component in release.pods():
        assert release.may_reach(component, "10.1.2.3", REDIS)
        assert not release.may_reach(component, "10.2.2.3", REDIS)
        assert not release.may_reach(component, INTERNET[0], HTTP)


def test_all_pods_may_be_let_out_to_one_place_more():
    agent = {
        "to": [{"ipBlock": {"cidr": "169.254.170.23/32"}}],
        "ports": [{"port": 80, "protocol": "TCP"}],
    }
    release = rendered({**PLAIN, "networkPolicy": {"more": [agent]}})
    assert all(release.may_reach(component, "169.254.170.23", HTTP) for component in release.pods())
    assert not release.may_reach("web", "169.254.169.254", HTTP)


def test_without_policies_there_are_none():
    assert not rendered(OPEN).of("NetworkPolicy")
