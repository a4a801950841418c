"""The proxy of deploy/nginx on this machine's nginx."""

import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stack.local import PROJECT
from stack.processes import Command, Supervised, free_port, wait_until
from tests.support.programs import path_of

TEMPLATE = PROJECT / "deploy" / "nginx" / "nginx.conf.template"


def nginx_path() -> str:
    """Path of nginx. Without it the module that asks for it is skipped as a whole, and fails in CI."""
    return path_of("nginx", "nginx-light")


def rendered(variables: dict[str, str], template: str) -> str:
    """The configuration as the image's envsubst writes it."""
    return re.sub(r"\$\{(\w+)\}", lambda found: variables[found[1]], template)


@contextmanager
def running_proxy(folder: Path, upstream: str, upload_mb: int, trusted: str = "192.0.2.1") -> Iterator[str]:
    """The URL of an nginx in front of the server at upstream's URL."""
    variables = {
        "RELIEF_UPLOAD_MB": str(upload_mb),
        "RELIEF_TRUSTED_PROXY": trusted,
        "RELIEF_PROXY_UPSTREAM": upstream.removeprefix("http://"),
        "NGINX_LOCAL_RESOLVERS": "127.0.0.1",
    }
    with running_nginx(folder, TEMPLATE.read_text(), variables) as url:
        yield url


@contextmanager
def running_nginx(folder: Path, template: str, variables: dict[str, str]) -> Iterator[str]:
    """The URL of an nginx with a configuration, which listens at a free port whatever the variables say."""
    port = free_port()
    folder.mkdir(exist_ok=True)
    config = folder / "nginx.conf"
    config.write_text(rendered(variables | {"RELIEF_PROXY_LISTEN": f"127.0.0.1:{port}"}, template))
    directives = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")  # nobody could not enter pytest's folders
    argv = [nginx_path(), "-p", f"{folder}/", "-c", str(config), "-e", "stderr", "-g", directives]
    process = Supervised(Command("nginx", argv, {}, folder / "nginx.log"))
    try:
        wait_until("nginx", lambda: _accepts(port), timeout_s=10)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.stop()


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
