"""The chart of deploy/helm as Helm renders it, and what a cluster makes of that."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from stack.local import PROJECT
from tests.support.browser_setup import in_ci
from tests.support.crds import CUSTOM

CHART = PROJECT / "deploy" / "helm" / "relief"
NAMESPACE = "faces"
MISSING = (
    "NO HELM, so the tests of the chart are left out. pip has it for Linux on x86-64; elsewhere: "
    "https://helm.sh/docs/intro/install"
)
Document = dict[str, Any]


def helm_path() -> str:
    """Path of helm. Without it the module that asks for it is skipped as a whole, and fails in CI."""
    path = shutil.which("helm", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if path:
        return path
    if in_ci():
        pytest.fail(MISSING, pytrace=False)
    pytest.skip(MISSING, allow_module_level=True)


def helm(*arguments: str, values: Document | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command of Helm, with values on its standard input."""
    given = ["--values", "-"] if values is not None else []
    return subprocess.run(
        [helm_path(), *arguments, *given], input=yaml.safe_dump(values), capture_output=True, text=True
    )


@dataclass(frozen=True)
class Release:
    """All documents that Helm renders."""

    documents: tuple[Document, ...]

    def of(self, kind: str) -> dict[str, Document]:
        """Those of a kind, by name."""
        return {each["metadata"]["name"]: each for each in self.documents if each["kind"] == kind}

    def pods(self) -> dict[str, Document]:
        """The pod templates, by component."""
        templates = [each["spec"]["template"] for each in self.of("Deployment").values()]
        return {each["metadata"]["labels"]["app.kubernetes.io/component"]: each for each in templates}

    def containers(self) -> Iterator[tuple[str, Document]]:
        """Every container, those that begin too, with its pod's component."""
        for component, pod in self.pods().items():
            for container in [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]:
                yield component, container

    def container(self, component: str, name: str) -> Document:
        return next(each for of, each in self.containers() if (of, each["name"]) == (component, name))

    def environment(self, container: Document) -> dict[str, str]:
        """The variables that a container has; those of secrets that are not the chart's are left out."""
        maps = [self.of("ConfigMap")[source["configMapRef"]["name"]]["data"] for source in container.get("envFrom", [])]
        own = [self._variable(each) for each in container.get("env", [])]
        return {name: value for given in maps + own for name, value in given.items()}

    def _variable(self, variable: Document) -> dict[str, str]:
        name = variable["name"]
        if "value" in variable:
            return {name: variable["value"]}
        key = variable["valueFrom"]["secretKeyRef"]
        secret = self.of("Secret").get(key["name"])
        if not secret or (key.get("optional") and key["key"] not in secret["stringData"]):
            return {}
        return {name: secret["stringData"][key["key"]]}

    def may_reach(self, component: str, address: str, port: int) -> bool:
        """Whether the policies let a component's pods send to an IP address that is no pod's."""
        labels = self.pods()[component]["metadata"]["labels"]
        policies = [each["spec"] for each in self.of("NetworkPolicy").values() if "egress" in each["spec"]]
        rules = [rule for each in policies if selects(each["podSelector"], labels) for rule in each["egress"]]
        return any(_allows(rule, address, port) for rule in rules)


def rendered(values: Document) -> Release:
    """The chart with these values; not to be changed."""
    return _rendered(json.dumps(values))


@cache
def _rendered(values: str) -> Release:
    done = helm("template", "relief", str(CHART), "--namespace", NAMESPACE, values=json.loads(values))
    assert done.returncode == 0, done.stderr
    return Release(tuple(each for each in yaml.safe_load_all(done.stdout) if each))


@cache
def defaults() -> Document:
    """values.yaml."""
    return yaml.safe_load((CHART / "values.yaml").read_text())


def refusal(values: Document) -> str:
    """What Helm says to values that it refuses; empty where it does not."""
    done = helm("template", "relief", str(CHART), values=values)
    return done.stderr if done.returncode else ""


def check(document: Document, kubernetes: str) -> None:
    """Check a document strictly, by a version of Kubernetes.

    Raises:
        jsonschema.ValidationError: a field is unknown, absent, or has a wrong value.
    """
    if document["kind"] in CUSTOM:
        jsonschema.validate(document, CUSTOM[document["kind"]])
    else:
        kubernetes_validate.validate(document, kubernetes, strict=True)


def selects(selector: Document, labels: dict[str, str]) -> bool:
    """Whether a label selector takes these labels; of expressions it knows NotIn."""
    for expression in selector.get("matchExpressions", []):
        assert expression["operator"] == "NotIn"
        if labels.get(expression["key"]) in expression["values"]:
            return False
    return selector.get("matchLabels", {}).items() <= labels.items()


def _allows(rule: Document, address: str, port: int) -> bool:
    if "ports" in rule and port not in [each["port"] for each in rule["ports"]]:
        return False
    return "to" not in rule or any(_within(peer["ipBlock"], address) for peer in rule["to"] if "ipBlock" in peer)


def _within(block: Document, address: str) -> bool:
    place = ip_address(address)
    return place in ip_network(block["cidr"]) and not any(place in ip_network(hole) for hole in block.get("except", []))
