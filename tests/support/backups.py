"""Backup and restore by the commands of docs/operation.md, as an operator types them."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from stack.local import PROJECT
from tests.support.programs import path_of

RESTORE = PROJECT / "deploy" / "valkey" / "restore.sh"
VANISHED = 1  # tar's exit code where a file was deleted while it read


@dataclass(frozen=True)
class Backup:
    """A folder with a snapshot of Redis and, taken after it, a copy of the storage."""

    folder: Path

    def take_redis(self, redis_url: str) -> None:
        """`valkey-cli --rdb`, which Debian calls redis-cli."""
        server = urlsplit(redis_url)
        argv = [path_of("redis-cli", "redis-tools"), "-p", str(server.port), "--rdb", str(self._snapshot)]
        run(argv, REDISCLI_AUTH=str(server.password))

    def restore_redis(self, files: Path) -> None:
        """Into the folder of a server that has not started yet."""
        files.mkdir(parents=True)
        with self._snapshot.open("rb") as snapshot:
            subprocess.run(["sh", RESTORE, files], stdin=snapshot, check=True)

    def take_files(self, data: Path, bucket: dict[str, str]) -> None:
        """The jobs' files, of the data folder or the bucket that an environment of Relief names."""
        if bucket:
            _rclone(_remote(bucket), str(self._files), bucket)
            return
        argv = ["tar", "czf", str(self._files), "-C", str(data), "jobs"]
        assert subprocess.run(argv, check=False).returncode in (0, VANISHED)

    def restore_files(self, data: Path, bucket: dict[str, str]) -> None:
        """Into a new data folder or bucket."""
        if bucket:
            _rclone(str(self._files), _remote(bucket), bucket)
        else:
            run(["tar", "xzf", str(self._files), "-C", str(data)])

    @property
    def _files(self) -> Path:
        return self.folder / "files"

    @property
    def _snapshot(self) -> Path:
        return self.folder / "relief.rdb"


def _remote(environment: dict[str, str]) -> str:
    return "relief:" + environment["RELIEF_DATA"].removeprefix("s3://")


def _rclone(source: str, target: str, environment: dict[str, str]) -> None:
    remote = {"TYPE": "s3", "PROVIDER": "Other", "ENV_AUTH": "true", "ENDPOINT": environment["AWS_ENDPOINT_URL_S3"]}
    settings = {f"RCLONE_CONFIG_RELIEF_{name}": value for name, value in remote.items()}
    settings["AWS_CA_BUNDLE"] = ""  # rclone fails where it is set
    run([path_of("rclone", "rclone"), "sync", "--s3-no-check-bucket", source, target], **environment, **settings)


def run(argv: list[str], **environment: str) -> None:
    """Run a command that has to succeed."""
    done = subprocess.run(argv, env=os.environ | environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
