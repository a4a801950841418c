"""Receivers of webhooks, and names that no name server knows."""

import socket
from collections.abc import Iterator

import pytest

from tests.support.webhooks import Receiver, serving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with serving(Receiver()) as server:
        yield server


@pytest.fixture
def names(monkeypatch) -> dict[str, list[list[str]]]:
    """IP addresses of names that no name server knows: what each is resolved to, the first time, the second time..."""
    names, system = {}, socket.getaddrinfo

    def resolve(host, *how, **options):
        addresses = names[host].pop(0) if host in names else [host]
        return [entry for address in addresses for entry in system(address, *how, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return names
