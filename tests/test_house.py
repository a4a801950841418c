"""What holds for the whole tree: who may import whom, what must stay light, sizes of modules, links, what CI runs."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from shared import __version__

PROJECT = Path(__file__).parent.parent
SOURCES = ("shared", "web", "worker", "stack")
LONGEST_MODULE, LONGEST_LINE = 250, 120
LINK = re.compile(r"\]\(([^)#\s]+)")
HEAVY = ("torch", "timm", "cv2", "scipy", "worker", "boto3")


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


def sources(*kinds: str) -> list[Path]:
    """The project's own files of these kinds, without what is vendored."""
    files = [path for folder in SOURCES for kind in kinds for path in (PROJECT / folder).rglob(f"*.{kind}")]
    return [path for path in files if "vendor" not in path.parts]


def test_the_version_is_that_of_the_project():
    assert tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"] == __version__


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


def test_ci_runs_the_tests_that_make_test_leaves_out():
    commands = (PROJECT / ".ci" / "run").read_text().splitlines()
    tests = {f"tests/{name}" for name in re.findall(r"--ignore tests/(\S+)", (PROJECT / "Makefile").read_text())}
    assert tests == {"tests/scale"}
    assert {"make lint", "make test", "make test-scale"} <= set(commands)
