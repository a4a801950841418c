"""`python -m tests.support.browser_setup`: make sure that the browser tests have a browser, as `make test` does.

A browser that is there is used. Else one is installed: by apt-get where that asks no question, else by Playwright's own
download. Where neither works, one line says what to type, and the browser tests are left out; under CI this fails.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

log = logging.getLogger(__name__)

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "microsoft-edge-stable",
)
MAC_APPLICATIONS = ("Chromium", "Google Chrome", "Microsoft Edge")
MAC_FOLDERS = (Path("/Applications"), Path.home() / "Applications")
PLAYWRIGHT_FOLDERS = (Path.home() / ".cache" / "ms-playwright", Path.home() / "Library" / "Caches" / "ms-playwright")
PLAYWRIGHT_BROWSERS = (
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
)
OS_RELEASE = Path("/etc/os-release")
IS_UBUNTU = OS_RELEASE.exists() and "ubuntu" in OS_RELEASE.read_text().lower()
CHROMIUM_PACKAGE = () if IS_UBUNTU else ("chromium",)  # Ubuntu's package only fetches a snap
START_S = 60
CONNECTION_MS = "5000"  # Playwright's download gives up after five connections of this length
MISSING = (
    "NO BROWSER, so the browser tests are left out. To run them: "
    "sudo apt-get install chromium libatomic1 (on Ubuntu or a Mac: install Google Chrome), then make test"
)


def candidates() -> Iterator[str]:
    """Paths of the browsers that are installed here, those on PATH first."""
    yield from filter(None, map(shutil.which, NAMES))
    for folder in MAC_FOLDERS:
        for name in MAC_APPLICATIONS:
            path = folder / f"{name}.app" / "Contents" / "MacOS" / name
            if path.exists():
                yield str(path)
    for folder in PLAYWRIGHT_FOLDERS:
        for pattern in PLAYWRIGHT_BROWSERS:
            yield from map(str, sorted(folder.glob(pattern)))


def starts(browser: str) -> bool:
    """True where the browser shows an empty page; a snap without its daemon, or one without its libraries, does not."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"]
        return _succeeds([browser, *options, "--dump-dom", "about:blank"])


def driver_runs() -> bool:
    """True where Playwright's driver runs: with its own Node.js, which wants libatomic.so.1, else with another one."""
    driver = [sys.executable, "-m", "playwright", "--version"]
    node = shutil.which("node") or shutil.which("node", path=str(Path(sys.executable).parent))  # of `make lint`
    if _succeeds(driver):
        return True
    if node:
        os.environ["PLAYWRIGHT_NODEJS_PATH"] = node
    return bool(node) and _succeeds(driver)


@cache
def find_browser() -> str | None:
    """Path of a browser that starts and can be driven; None where there is none."""
    return next(filter(starts, candidates()), None) if driver_runs() else None


def install() -> None:
    """Install a browser by apt-get where that asks no question, else by Playwright's download; tells what it does."""
    apt_get = _apt_get()
    if apt_get:
        log.info("no browser for the tests: installing Chromium by apt-get")
        _succeeds([*apt_get, "update", "-q"], show=True)
        for package in ("libatomic1", *CHROMIUM_PACKAGE):
            _succeeds([*apt_get, "install", "-q", "-y", "--no-install-recommends", package], show=True)
        find_browser.cache_clear()
    if not find_browser() and driver_runs():
        log.info("no browser for the tests: trying Playwright's download")
        os.environ.setdefault("PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT", CONNECTION_MS)
        options = ["--with-deps"] if apt_get else []
        _succeeds([sys.executable, "-m", "playwright", "install", *options, "chromium"], show=True)
        find_browser.cache_clear()


def main() -> int:
    """Find or install a browser; 1 where there is none and `CI` is set."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    if not find_browser():
        install()
    if browser := find_browser():
        log.info("browser tests: %s", browser)
        return 0
    log.error(MISSING)
    return 1 if in_ci() else 0


def in_ci() -> bool:
    """True on hosted CI, which lacks nothing."""
    return os.environ.get("CI", "") not in ("", "0", "false")


def _apt_get() -> list[str]:
    """How apt-get is called without a question; empty where it is not there or not allowed."""
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if not shutil.which("apt-get") or (as_root and not _succeeds([*as_root, "true"])):
        return []
    return [*as_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]


def _succeeds(command: list[str], show: bool = False) -> bool:
    """Run a command to its end; True where it exits with 0. What is not shown may take `START_S`."""
    output, timeout_s = (None, None) if show else (subprocess.DEVNULL, START_S)
    try:
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=timeout_s)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ended.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
