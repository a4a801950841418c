"""The command that makes, lists and revokes API keys."""

import subprocess
import sys

import pytest

from stack.local import PROJECT
from web.keys import Keys
from web.keys.__main__ import main


def test_keys_are_made_listed_and_revoked_by_a_command(store, redis_url, settings, monkeypatch, capsys):
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("RELIEF_DATA", str(settings.data))
    assert main(["create", "lab"]) == 0
    key = capsys.readouterr().out.strip()
    assert Keys(store.redis).name_of(key) == "lab"
    assert main(["list"]) == 0
    assert capsys.readouterr().out == "lab\n"
    assert main(["create", "lab"]) == main(["create", "No Name"]) == main(["revoke", "none"]) == 1
    assert main(["revoke", "lab"]) == 0
    assert Keys(store.redis).name_of(key) is None
    assert key.encode() not in b"".join(store.redis.scan_iter("*"))


def keys_command(redis_url, *arguments) -> subprocess.CompletedProcess[str]:
    """The command as a shell starts it."""
    environment = {"REDIS_URL": redis_url, "RELIEF_DATA": "/tmp", "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", "web.keys", *arguments]
    return subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True)


def test_the_list_of_keys_is_the_commands_only_output(store, redis_url):
    Keys(store.redis).create("lab")
    listed = keys_command(redis_url, "list")
    assert (listed.returncode, listed.stdout, listed.stderr) == (0, "lab\n", "")


@pytest.mark.parametrize(
    ("redis_url", "words"), [("redis://:pass-word@127.0.0.1:1/0", "refused"), ("http://pass-word@host", "REDIS_URL")]
)
def test_a_missing_redis_is_reported_in_one_line_without_the_password(redis_url, words):
    refused = keys_command(redis_url, "list")
    assert (refused.returncode, refused.stdout) == (1, "")
    [line] = refused.stderr.splitlines()
    assert words in line and "pass-word" not in line
