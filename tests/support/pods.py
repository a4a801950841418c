"""The chart's containers as processes of this machine: their commands, variables and probes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stack.local import PROJECT
from stack.processes import Command, Supervised, free_port, wait_until
from tests.support.fronts import answers
from tests.support.helm import Release
from tests.support.images import Image
from tests.support.nginx import running_nginx

VOLUMES = ("/data", "/weights", "/tmp")


@dataclass(frozen=True)
class Pods:
    """A release, and a folder in which its containers' volumes and logs are. All pods share each volume."""

    release: Release
    folder: Path

    def environment(self, component: str, name: str) -> dict[str, str]:
        """What a container has of variables, and none of ours; paths of its volumes are here."""
        given = self.release.environment(self.release.container(component, name))
        moved = {path: str(self.folder / path.strip("/")) for path in VOLUMES}
        own = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT)}
        return own | {variable: moved.get(value, value) for variable, value in given.items()}

    def argv(self, component: str, name: str) -> list[str]:
        """A container's command: its own, or its image's with its arguments."""
        container = self.release.container(component, name)
        image, instruction = (Image("web"), "CMD") if component == "web" else (Image("worker", "cpu"), "ENTRYPOINT")
        command = container.get("command") or json.loads(image.instructions(instruction)[-1])
        return _here([*command, *container.get("args", [])])

    def run(self, component: str, name: str) -> None:
        """Run a container to its end.

        Raises:
            CalledProcessError: it failed.
        """
        subprocess.run(
            self.argv(component, name), env=self.environment(component, name), check=True, capture_output=True
        )

    def passes(self, component: str, name: str, probe: str, **more: str) -> bool:
        """Whether a container's probe by a command says yes, with these variables besides."""
        command = _here(self.release.container(component, name)[probe]["exec"]["command"])
        variables = self.environment(component, name) | more
        return subprocess.run(command, env=variables, capture_output=True).returncode == 0

    @contextmanager
    def worker(self, component: str) -> Iterator[Supervised]:
        """A worker that runs."""
        with self._running(component, self.argv(component, "worker"), self.environment(component, "worker")) as process:
            yield process

    @contextmanager
    def front(self, **more: str) -> Iterator[str]:
        """The container `web`, with these variables besides; the URL that its port is here."""
        port = free_port()
        argv = ["127.0.0.1" if part == "0.0.0.0" else part for part in self.argv("web", "web")]
        with self._running("web", [*argv, "--port", str(port)], self.environment("web", "web") | more):
            url = f"http://127.0.0.1:{port}"
            wait_until("the front", lambda: answers(url))
            yield url

    @contextmanager
    def proxy(self, front: str) -> Iterator[str]:
        """The container beside it; the URL that its port is here."""
        moved = {"RELIEF_PROXY_UPSTREAM": front.removeprefix("http://"), "NGINX_LOCAL_RESOLVERS": "127.0.0.1"}
        template = self.release.of("ConfigMap")["relief-proxy"]["data"]["nginx.conf.template"]
        variables = self.environment("web", "proxy") | moved
        with running_nginx(self.folder / "proxy", template, variables) as url:
            yield url

    @contextmanager
    def _running(self, name: str, argv: list[str], variables: dict[str, str]) -> Iterator[Supervised]:
        process = Supervised(Command(name, argv, variables, self.folder / f"{name}.log"))
        try:
            yield process
        finally:
            process.stop()


def _here(argv: list[str]) -> list[str]:
    """A command with this Python and its programs."""
    return [str(Path(sys.executable).parent / argv[0]), *argv[1:]]
