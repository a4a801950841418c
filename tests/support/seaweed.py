"""A real S3 server for the tests: SeaweedFS, from pip."""

import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from stack.processes import Command, Supervised, free_port, wait_until
from tests.support.browser_setup import in_ci

BUCKET, KEY, SECRET = "relief-tests", "relief", "a-secret-of-the-tests"
REGION = "us-east-1"
MISSING = "NO SEAWEEDFS, which has no package for this machine, so the tests of object storage are left out"
ENCRYPTION = {"WEED_S3_SSE_KEY": "a key of the tests"}
SERVERS = ("master", "volume", "filer", "s3")  # of one process; each listens on two ports
OPTIONS = (
    "-s3",
    "-s3.autoCreateBucket=false",
    "-s3.port.iceberg=0",
    "-s3.port.lance=0",
    "-master.peers=none",  # no election, which takes a second
    "-master.telemetry=false",  # else it tells its makers of each start
    "-master.volumeSizeLimitMB=64",
    "-volume.max=20",
)


@dataclass(frozen=True)
class Seaweed:
    """A server that runs: its URL, its process, and what a process of Relief has in its environment to use it."""

    endpoint: str
    process: Supervised

    @property
    def environment(self) -> dict[str, str]:
        """Where it is, as whom, and the bucket."""
        return {
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": REGION,
            "RELIEF_DATA": f"s3://{BUCKET}/relief",
        }


def weed_path() -> str:
    """Path of SeaweedFS. Without it the test that asks for it is skipped, and fails in CI."""
    path = shutil.which("weed", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if path:
        return path
    if in_ci():
        pytest.fail(MISSING, pytrace=False)
    pytest.skip(MISSING)


@contextmanager
def seaweed(
    folder: Path,
    host: str = "127.0.0.1",
    port: int | None = None,
    prefix: Sequence[str] = (),
    options: Sequence[str] = (),
) -> Iterator[Seaweed]:
    """A server with an empty bucket, started again when it dies; prefix: what runs its command, such as `ip netns`.

    options: more of its own, in place of those above where they are the same.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ports = _ports(port or free_port())
    argv = [*prefix, weed_path(), "server", *OPTIONS, f"-dir={folder}", f"-ip={host}", f"-ip.bind={host}"]
    argv += [f"-s3.config={_identities(folder)}", *(f"-{name}={number}" for name, number in ports.items()), *options]
    process = Supervised(Command("seaweed", argv, ENCRYPTION, folder / "seaweed.log"))
    server = Seaweed(f"http://{host}:{ports['s3.port']}", process)
    try:
        wait_until("SeaweedFS", lambda: _takes_files(server.endpoint))
        yield server
    finally:
        process.stop(timeout_s=0)  # it would take half a minute
        for number in ports.values():
            for socket in Path("/tmp").glob(f"seaweedfs-*-{number}.sock"):
                socket.unlink()


def s3_client(endpoint: str):
    """A client of the tests' own, which tries once."""
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=10)
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        config=config,
    )


def _identities(folder: Path) -> Path:
    path = folder / "s3.json"
    who = {"name": "relief", "credentials": [{"accessKey": KEY, "secretKey": SECRET}], "actions": ["Admin"]}
    path.write_text(json.dumps({"identities": [who]}))
    return path


def _ports(s3_port: int) -> dict[str, int]:
    names = [f"{server}.port{kind}" for server in SERVERS for kind in ("", ".grpc")]
    return {name: free_port() for name in names} | {"s3.port": s3_port}


def _takes_files(endpoint: str) -> bool:
    try:
        client = s3_client(endpoint)
        if BUCKET not in [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]:
            client.create_bucket(Bucket=BUCKET)
        client.put_object(Bucket=BUCKET, Key="started", Body=b"")
        client.delete_object(Bucket=BUCKET, Key="started")
    except (BotoCoreError, ClientError):
        return False  # not up yet
    return True
