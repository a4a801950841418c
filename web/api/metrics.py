"""Figures for Prometheus: those of Redis (`web.figures`), and those of this process's answers (`web.traffic`)."""

from __future__ import annotations

from ipaddress import ip_address

from apiflask import APIBlueprint
from flask import Response, request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from pydantic import IPvAnyNetwork
from werkzeug.exceptions import Forbidden

from web.api.openapi import Operation
from web.figures import QueueFigures, RedisFigures, StorageFigures
from web.rates import Rate
from web.services import services

blueprint = APIBlueprint("metrics", __name__)

PROXIED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via")
"""What proxies add. A request that has one of them is a client's of the proxy, whatever address it comes from."""


@blueprint.get("/metrics")
@Rate.UNCOUNTED
@Operation({200: None}, content={"text/plain": {"type": "string"}}, refuses=(403,))
def metrics() -> Response:
    """All figures, in Prometheus's text format; to this machine, and to the networks of RELIEF_METRICS_FROM."""
    if not _may_read(services().settings.metrics_from):
        raise Forbidden("The figures are for this machine and the networks that RELIEF_METRICS_FROM names.")
    ours, registry = services(), CollectorRegistry()
    queue = QueueFigures(ours.statistics, ours.workers, ours.rising)
    registry.register(RedisFigures(ours.redis, queue, StorageFigures(ours.space, ours.storage, ours.settings)))
    text = generate_latest(registry) + generate_latest(ours.traffic.registry)
    return Response(text, mimetype=CONTENT_TYPE_LATEST)


def _may_read(networks: tuple[IPvAnyNetwork, ...]) -> bool:
    """Whether this request comes from here or from one of the networks, and through no proxy."""
    if any(name in request.headers for name in PROXIED):
        return False
    peer = ip_address((request.remote_addr or "").partition("%")[0])
    peer = getattr(peer, "ipv4_mapped", None) or peer
    return peer.is_loopback or any(peer in network for network in networks)
