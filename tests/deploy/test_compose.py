"""The compose files, checked without an engine: by the Compose specification, and against what they name."""

import ast
import json
import re
import subprocess
import sys
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from compose_spec import PyCompose
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from shared.settings import Settings
from stack.local import PROJECT
from tests.support.nginx import TEMPLATE

IMAGES = {"web": "web.__main__", "worker": "worker.app, worker.stages, worker.health, worker.depth.weights"}


def compose(name: str = "docker-compose.yml", **variables: str) -> dict:
    """A compose file as an engine reads it: variables filled in, validated against the Compose specification."""
    text = (PROJECT / name).read_text()
    text = re.sub(r"(?<!\$)\$\{(\w+):-([^}]*)\}", lambda found: variables.get(found[1], found[2]), text)
    text = re.sub(r"(?<!\$)\$\{(\w+):\?[^}]*\}", "a-secret", text)
    document = yaml.safe_load(text)
    assert PyCompose.from_json(json.dumps(document)).service_names()
    return document


def dockerfile(image: str) -> str:
    return (PROJECT / "deploy" / "docker" / f"{image}.Dockerfile").read_text()


def test_the_parser_of_compose_files_refuses_what_is_not_one():
    with pytest.raises(ValueError, match="imagee"):
        PyCompose.from_json(json.dumps({"services": {"web": {"imagee": "x"}}}))


def test_every_service_has_a_health_check_and_restarts():
    services = compose()["services"]
    assert set(services) == {"redis", "web", "proxy", "depth", "model"}
    for name, service in services.items():
        assert service["healthcheck"]["test"], name
        assert service["restart"] == "unless-stopped", name


def test_only_the_proxy_can_be_reached_from_outside():
    services = compose()["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert services["web"]["environment"]["RELIEF_BEHIND_PROXY"] == "true"


def test_redis_loses_nothing_and_asks_for_a_password():
    redis = compose()["services"]["redis"]
    command = redis["command"][-1]
    for option in ("--requirepass", "--appendonly yes", "--appendfsync always", "noeviction"):
        assert option in command
    assert redis["volumes"] == ["redis:/data"]


def test_no_gpu_is_needed_and_the_override_gives_one_to_the_depth_workers_alone():
    services = compose()["services"]
    assert "devices" not in json.dumps(services)
    override = compose("docker-compose.gpu.yml")["services"]
    assert set(override) == {"depth"}
    [device] = override["depth"]["deploy"]["resources"]["reservations"]["devices"]
    assert device["capabilities"] == ["gpu"]


def test_services_can_be_scaled():
    services = compose()["services"]
    for name in ("web", "depth", "model"):
        assert "container_name" not in services[name] and "ports" not in services[name]


def test_every_volume_and_file_that_is_named_exists():
    document = compose()
    for service in document["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in document["volumes"] or (source.startswith("./") and (PROJECT / source).exists())
        if "build" in service:
            assert (PROJECT / service["build"]["dockerfile"]).is_file()


def test_every_variable_is_a_setting_or_one_of_the_proxys_configuration():
    services = compose()["services"]
    settings = {field.alias for field in Settings.model_fields.values()}
    for name in ("web", "depth", "model"):
        assert set(services[name]["environment"]) <= settings
    known = {name for name in services["proxy"]["environment"] if not name.startswith("NGINX_ENVSUBST")}
    used = set(re.findall(r"\$\{(\w+)\}", TEMPLATE.read_text()))
    assert used - {"NGINX_LOCAL_RESOLVERS"} == known - {"NGINX_ENTRYPOINT_LOCAL_RESOLVERS"}


@pytest.mark.parametrize("variables", [{}, {"RELIEF_UPLOAD_MB": "35"}])
def test_proxy_and_web_service_have_the_same_limit_of_an_upload(variables):
    services = compose(**variables)["services"]
    expected = int(variables.get("RELIEF_UPLOAD_MB", Settings.model_fields["upload_mb"].default))
    assert {services[name]["environment"]["RELIEF_UPLOAD_MB"] for name in ("web", "proxy")} == {expected}


def test_every_module_that_is_started_exists():
    texts = [dockerfile(image) for image in IMAGES] + [json.dumps(compose())]
    modules = {name for text in texts for name in re.findall(r'"?-[mA]"?,? "?([a-z][\w.]+)', text)}
    assert {"web", "worker.app", "worker.health"} <= modules
    assert [name for name in modules if find_spec(name) is None] == []


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_runs_as_a_user_and_copies_what_exists(image):
    lines = dockerfile(image).splitlines()
    assert "USER relief" in lines
    for line in lines:
        if line.startswith("COPY"):
            assert (PROJECT / line.split()[1]).exists()


@pytest.mark.parametrize(("image", "modules"), IMAGES.items())
def test_an_image_has_every_folder_and_package_that_its_code_imports(image, modules):
    code = f"import sys, {modules}; print(*(getattr(module, '__file__', None) for module in sys.modules.values()))"
    environment = {"PYTHONPATH": str(PROJECT), "REDIS_URL": "redis://127.0.0.1:1", "RELIEF_DATA": "/tmp"}
    loaded = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    files = [Path(name) for name in loaded.stdout.split() if (PROJECT / ".venv") not in Path(name).parents]
    ours = [file for file in files if PROJECT in file.parents]
    assert {file.relative_to(PROJECT).parts[0] for file in ours} == {"shared", image}
    packages = metadata.packages_distributions()
    imported = {canonicalize_name(packages[name][0]) for file in ours for name in imports(file) if name in packages}
    assert "redis" in imported
    assert imported - installed_by(PROJECT / image / "requirements.txt") == set()


def imports(file: Path) -> set[str]:
    """The top-level names of what a module imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def installed_by(requirements: Path) -> set[str]:
    """The distributions that pip installs for a file of requirements, as this Python's own metadata says."""
    lines = (line.partition("#")[0].strip() for line in requirements.read_text().splitlines())
    waiting = [(Requirement(line).name, Requirement(line).extras) for line in lines if line]
    found: set[str] = set()
    while waiting:
        name, extras = waiting.pop()
        if canonicalize_name(name) in found and not extras:
            continue
        found.add(canonicalize_name(name))
        for text in metadata.requires(name) or []:
            needed = Requirement(text)
            if not needed.marker or any(needed.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                waiting.append((needed.name, needed.extras - {extra for extra in extras if needed.name == name}))
    return found


def test_the_web_image_has_no_torch():
    installed = installed_by(PROJECT / "web" / "requirements.txt")
    assert "flask" in installed
    assert not installed & {"torch", "timm", "opencv-python-headless"}
