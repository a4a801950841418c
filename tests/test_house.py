"""What holds for the whole tree: who may import whom, what must stay light, sizes of modules, links, images."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from compose_spec import PyCompose

PROJECT = Path(__file__).parent.parent
SOURCES = ("shared", "web", "worker", "stack")
LONGEST_MODULE, LONGEST_LINE = 250, 120
LINK = re.compile(r"\]\(([^)#\s]+)")
HEAVY = ("torch", "timm", "cv2", "scipy", "worker")


def test_the_import_contracts_hold():
    check = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"], cwd=PROJECT, capture_output=True, text=True
    )
    assert check.returncode == 0, check.stdout


def test_the_web_front_loads_no_network_library():
    code = f"import sys, web.__main__; print([name for name in {HEAVY!r} if name in sys.modules])"
    environment = {"REDIS_URL": "redis://127.0.0.1:1", "RELIEF_DATA": "/tmp", "RELIEF_SECRET": "s" * 32}
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, env=environment, capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "[]"


def test_the_worker_loads_no_network_before_it_is_needed():
    code = "import sys, worker.pipeline, worker.depth.registry, worker.stages; print('torch' in sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "False"


def compose() -> dict:
    """The compose file as an engine sees it: variables filled in, validated against the Compose specification."""
    text = (PROJECT / "docker-compose.yml").read_text()
    text = re.sub(r"(?<!\$)\$\{(\w+):-([^}]*)\}", r"\2", text)
    text = re.sub(r"(?<!\$)\$\{(\w+):\?[^}]*\}", "a-secret", text)
    document = yaml.safe_load(text)
    assert PyCompose.from_json(json.dumps(document)).service_names()
    return document


def test_the_parser_of_compose_files_refuses_what_is_not_one():
    with pytest.raises(ValueError, match="imagee"):
        PyCompose.from_json(json.dumps({"services": {"web": {"imagee": "x"}}}))


def test_the_compose_file_has_every_process_with_a_health_check_and_restarts():
    services = compose()["services"]
    assert set(services) == {"redis", "web", "depth", "model"}
    for name, service in services.items():
        assert service["healthcheck"]["test"], name
        assert service["restart"] == "unless-stopped", name


def test_the_compose_file_loses_nothing_and_asks_for_a_password():
    redis = compose()["services"]["redis"]
    command = redis["command"][-1]
    for option in ("--requirepass", "--appendonly yes", "--appendfsync always", "noeviction"):
        assert option in command
    assert "ports" not in redis
    assert redis["volumes"] == ["redis:/data"]


def test_the_depth_workers_reserve_a_gpu_and_can_be_scaled():
    services = compose()["services"]
    [device] = services["depth"]["deploy"]["resources"]["reservations"]["devices"]
    assert device["capabilities"] == ["gpu"]
    for name in ("depth", "model"):
        assert "container_name" not in services[name] and "ports" not in services[name]


def test_every_named_volume_and_file_of_the_compose_file_exists():
    document = compose()
    for service in document["services"].values():
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in document["volumes"]
        if "build" in service:
            assert (PROJECT / service["build"]["dockerfile"]).is_file()


def test_the_images_run_as_a_user_and_the_web_image_has_no_torch():
    for name in ("web", "worker"):
        lines = (PROJECT / "docker" / f"{name}.Dockerfile").read_text().splitlines()
        assert "USER relief" in lines
        for line in lines:
            if line.startswith("COPY"):
                assert (PROJECT / line.split()[1]).exists()
    lines = (PROJECT / "web" / "requirements.txt").read_text().splitlines()
    assert not [line for line in lines if line.startswith(("torch", "timm", "opencv"))]


def sources(*kinds: str) -> list[Path]:
    """The project's own files of these kinds, without what is vendored."""
    files = [path for folder in SOURCES for kind in kinds for path in (PROJECT / folder).rglob(f"*.{kind}")]
    return [path for path in files if "vendor" not in path.parts]


def test_no_module_is_longer_than_a_reader_takes_in():
    lengths = {path: len(path.read_text().splitlines()) for path in sources("py", "js", "lua")}
    assert len(lengths) > 100
    assert {str(path): length for path, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_no_line_of_javascript_css_or_lua_is_wider_than_one_of_python():
    wide = [
        f"{path}:{number}"
        for path in sources("js", "css", "lua")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > LONGEST_LINE
    ]
    assert wide == []


def test_every_link_between_the_projects_own_documents_leads_somewhere():
    pages = [*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md"), PROJECT / "bench" / "README.md"]
    links = [(page, link) for page in pages for link in LINK.findall(page.read_text()) if ":" not in link]
    assert len(links) > 10
    assert [f"{page}: {link}" for page, link in links if not (page.parent / link).exists()] == []
