"""Redis from a snapshot, by deploy/valkey/restore.sh; with all of Relief: tests/scale/test_backup.py."""

import subprocess

from redis import Redis

from stack.valkey import start_valkey
from tests.support.backups import RESTORE


def restore(folder, snapshot):
    return subprocess.run(["sh", RESTORE, folder], input=snapshot, capture_output=True)


def snapshot_of(folder):
    """What a server with one key wrote; `valkey-cli --rdb` gets the same."""
    server, url = start_valkey(folder)
    try:
        with Redis.from_url(url) as redis:
            redis.set("job", "queued")
            redis.save()
    finally:
        server.stop()
    return (folder / "dump.rdb").read_bytes()


def test_a_restored_server_has_what_the_snapshot_had_and_keeps_what_is_written_then(tmp_path):
    (tmp_path / "new").mkdir()
    assert restore(tmp_path / "new", snapshot_of(tmp_path / "old")).returncode == 0
    for expected in (None, b"running"):  # the second time after a restart
        server, url = start_valkey(tmp_path / "new")
        with Redis.from_url(url) as redis:
            assert (redis.get("job"), redis.get("other")) == (b"queued", expected)
            redis.set("other", "running")
        server.stop()


def test_a_server_that_has_files_is_not_overwritten(tmp_path):
    (tmp_path / "appendonlydir").mkdir()
    refused = restore(tmp_path, b"REDIS")
    assert refused.returncode == 1 and b"its jobs would be lost" in refused.stderr
    assert list((tmp_path / "appendonlydir").iterdir()) == []


def test_an_empty_snapshot_is_refused_and_the_next_try_is_free(tmp_path):
    refused = restore(tmp_path, b"")
    assert refused.returncode == 1 and b"the snapshot is empty" in refused.stderr
    assert not (tmp_path / "appendonlydir").exists()
    assert restore(tmp_path, b"REDIS").returncode == 0
