"""How soon does work go on after something was killed or cut off? The times that the tests measure as they run."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

PROJECT = Path(__file__).parent.parent


def main() -> None:
    """Run the tests of faults and of hosts, and print what they measured."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "faults.xml"
        tests = [
            sys.executable,
            "-m",
            "pytest",
            "tests/faults",
            "tests/scale/test_hosts.py",
            "-q",
            "-o",
            "junit_family=xunit1",
            f"--junitxml={report}",
            f"--basetemp={folder}/tests",
        ]
        subprocess.run(tests, cwd=PROJECT, stdout=subprocess.DEVNULL, check=True)
        cases = ElementTree.parse(report).getroot().iter("testcase")
        rows = [(case.get("name", ""), item) for case in cases for item in case.iter("property")]
    print("## Recovery\n\nThe lease is 3 s in these runs; the default is 8 s.\n")
    print("| what happened | measured | |\n|---|---|---|")
    for name, item in rows:
        words = name.removeprefix("test_").replace("_", " ")
        print(f"| {words} | {(item.get('name') or '').replace('_', ' ')} | {item.get('value')} |")
    print()
