"""What `make test` does where there is no browser, with programs of the test's own on PATH."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.browser_setup import IS_UBUNTU, MISSING, NAMES, candidates, driver_runs, find_browser, in_ci, starts

PROJECT = Path(__file__).parent.parent
WORKS, FAILS = "exit 0", "exit 1"
INSTALLS_CHROMIUM = """for word; do [ "$word" = chromium ] && echo '#!/bin/sh' > "$(dirname "$0")/chromium"; done
chmod +x "$(dirname "$0")"/*"""


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Puts programs on an otherwise bare PATH, each given by its shell commands."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("PLAYWRIGHT_DOWNLOAD_HOST", "http://127.0.0.1:9")  # refuses
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "downloads"))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("env", "dirname", "chmod"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")

    def put(**programs: str) -> None:
        for name, commands in programs.items():
            path = tmp_path / name.replace("_", "-")
            path.write_text(f"#!/bin/sh\n{commands}\n")
            path.chmod(0o755)

    return put


@pytest.fixture
def driver() -> None:
    """Leaves a test out where Playwright's driver does not run, but never in CI."""
    if not driver_runs() and not in_ci():
        pytest.skip(MISSING)


def set_up() -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.support.browser_setup"]
    return subprocess.run(command, cwd=PROJECT, env=os.environ, capture_output=True, text=True)


@pytest.mark.parametrize("name", NAMES)
def test_a_browser_on_path_is_found_under_any_of_its_names(machine, tmp_path, name):
    machine(**{name.replace("-", "_"): WORKS})
    assert str(tmp_path / name) in set(candidates())


def test_a_browser_that_does_not_start_is_passed_over(driver, machine):
    machine(chromium=FAILS, google_chrome=WORKS)
    assert set_up().stdout.endswith("/google-chrome\n")


def test_a_program_that_is_not_there_does_not_start():
    assert not starts("/nowhere/chromium")


def test_the_browser_of_this_machine_starts():
    if not find_browser() and not in_ci():
        pytest.skip(MISSING)
    assert starts(find_browser())


@pytest.mark.skipif(IS_UBUNTU, reason="Chromium is no package of Ubuntu")
def test_without_a_browser_one_is_installed_where_no_password_is_asked(driver, machine):
    machine(apt_get=INSTALLS_CHROMIUM, sudo='shift; exec "$@"')
    done = set_up()
    assert (done.returncode, done.stdout.splitlines()[-1][-9:]) == (0, "/chromium")


@pytest.mark.skipif(sys.platform == "darwin", reason="the applications of a Mac are found as well")
@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)])
def test_without_any_browser_one_line_says_what_to_type_and_only_ci_fails(machine, monkeypatch, ci, code):
    monkeypatch.setenv("CI", ci)
    machine(apt_get=FAILS, sudo=FAILS)
    done = set_up()
    assert done.returncode == code
    assert "apt-get install chromium libatomic1" in done.stdout.splitlines()[-1]
