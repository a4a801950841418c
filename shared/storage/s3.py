"""Files of jobs in an S3 bucket, which needs no folder that processes share.

Keys below the bucket's prefix are as the paths of a folder: jobs/<job id>/<folder>/<name>. A PUT is atomic. Time-outs
and repeats are boto3's; where it finds credentials, endpoint and region is boto3's too.
"""

from __future__ import annotations

import errno
import io
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, BinaryIO, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from shared.errors import SettingsError
from shared.places import Bucket
from shared.storage.base import JOB_ID, FileInfo, Removed, Storage, check_names
from shared.storage.s3_errors import as_os_errors, os_error
from shared.storage.s3_file import AHEAD_BYTES, S3File

CONFIG = Config(
    connect_timeout=3,  # s
    read_timeout=10,  # s in which nothing comes
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=64,  # a web process answers with 16 threads, and some of those that listen
    s3={"addressing_style": "path"},  # other servers than Amazon's seldom have a name for each bucket
    user_agent_extra="relief",
)
ALWAYS_TOLD = {  # by S3 itself; a page of somebody else's with status 200 would pass for an empty answer
    "put_object": "ETag",
    "get_object": "ETag",
    "head_object": "LastModified",
    "list_objects_v2": "Name",
}
WRITERS = 8  # files of a job that are written at once


class S3Storage(Storage):
    """A bucket of Amazon S3, or of a server that speaks the same; one object to a process, made after a fork.

    Raises:
        SettingsError: boto3 cannot use what it finds; whether the bucket is there is not asked yet.
    """

    is_remote = True

    def __init__(self, bucket: Bucket, encryption: str = "none", config: Config = CONFIG) -> None:
        self._bucket, self._prefix = bucket.name, f"{bucket.prefix}jobs/"
        self._encryption = encryption_arguments(encryption)
        try:
            self._s3: Any = boto3.Session().client("s3", config=config)
        except (BotoCoreError, ValueError) as error:
            raise SettingsError(f"{self._where} cannot be used, wrong settings of AWS: {error}") from error
        self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="s3")

    def write(self, job_id: str, folder: str, name: str, data: bytes | bytearray) -> int:
        """Store one file by one PUT; gives its size in bytes."""
        self._call("put_object", Key=self._key(job_id, folder, name), Body=data, **self._encryption)
        return len(data)

    def write_all(self, job_id: str, folder: str, files: Mapping[str, bytes | bytearray]) -> dict[str, int]:
        """Store several files at once, by threads; where one fails, the others have ended too."""
        writes = {name: self._writers.submit(self.write, job_id, folder, name, data) for name, data in files.items()}
        wait(writes.values())  # else one would come after whoever deletes what there is
        return {name: written.result() for name, written in writes.items()}

    def open(self, job_id: str, folder: str, name: str) -> BinaryIO:
        """The file as it arrives, some of it read ahead."""
        key = self._key(job_id, folder, name)
        return cast(BinaryIO, io.BufferedReader(S3File(self._where, partial(self._get, key)), AHEAD_BYTES))

    def info(self, job_id: str, folder: str, name: str) -> FileInfo:
        """Size and age of one file."""
        key = self._key(job_id, folder, name)
        try:
            found = self._call("head_object", Key=key)
        except FileNotFoundError:
            self.check()  # the answer to HEAD has no words: perhaps there is no bucket
            raise
        return FileInfo(found["ContentLength"], found["LastModified"].timestamp())

    def delete(self, job_id: str, folder: str | None = None) -> Removed:
        """Delete by list, in batches; what got a file meanwhile is told as left."""
        below = self._key(job_id, *([folder] if folder else []), "")
        gone: list[str] = []
        refusal: OSError | None = None
        try:
            for keys in self._pages(below):
                refused = self._delete_batch(keys)
                gone += sorted(set(keys) - set(refused))
                refusal = refusal or next(iter(refused.values()), None)
            left = [key for keys in self._pages(below) for key in keys] if gone or refusal else []
        except OSError as error:
            return Removed(self._names(job_id, gone), [folder or "."], error)
        if left and not refusal:
            refusal = OSError(errno.ENOTEMPTY, f"{self._where}: files came while they were deleted")
        return Removed(self._names(job_id, gone), self._names(job_id, left), refusal)

    def folders(self, job_id: str) -> list[str]:
        """The folders that a job has."""
        below = self._key(job_id, "")
        return sorted({key[len(below) :].partition("/")[0] for keys in self._pages(below) for key in keys})

    def job_ids(self) -> Iterator[str]:
        """Ids of the jobs that have files; a thousand to a request."""
        for page in self._list(self._prefix, "/"):
            ids = (found["Prefix"][len(self._prefix) : -1] for found in page.get("CommonPrefixes", ()))
            yield from filter(JOB_ID.fullmatch, ids)

    def age_s(self, job_id: str) -> float:
        """Seconds since a job got a file, by the bucket's own clock; 0 where it has none."""
        pages = self._list(self._key(job_id, ""))
        ages_s = [_age_s(found, page) for page in pages for found in page.get("Contents", ())]
        return min(ages_s, default=0.0)

    def free_bytes(self) -> float:
        """Infinite: a bucket has no bound; RELIEF_STORAGE_GB gives one."""
        return float("inf")

    def check(self) -> None:
        """List one file.

        Raises:
            OSError: there is no bucket, or it may not be listed, or it does not answer.
        """
        self._call("list_objects_v2", Prefix=self._prefix, MaxKeys=1)

    @property
    def _where(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}"

    def _key(self, job_id: str, *parts: str) -> str:
        """The key of a file; with an empty part behind, what the keys of a job or folder begin with."""
        check_names(job_id, *filter(None, parts))
        return self._prefix + "/".join((job_id, *parts))

    def _names(self, job_id: str, keys: Iterable[str]) -> list[str]:
        return sorted(key.removeprefix(self._key(job_id, "")) for key in keys)

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        with as_os_errors(f"{self._where}: {operation}"):
            answer = cast(dict[str, Any], getattr(self._s3, operation)(Bucket=self._bucket, **arguments))
        if operation in ALWAYS_TOLD and ALWAYS_TOLD[operation] not in answer:
            if "Body" in answer:
                answer["Body"].close()
            raise OSError(errno.EIO, f"{self._where}: {operation}: what answers is no S3 server")
        return answer

    def _get(self, key: str, begin: int, etag: str | None) -> dict[str, Any]:
        part = {"Range": f"bytes={begin}-"} if begin else {}
        return self._call("get_object", Key=key, **part, **({"IfMatch": etag} if etag else {}))

    def _list(self, below: str, delimiter: str = "") -> Iterator[dict[str, Any]]:
        """The pages of a listing."""
        more: dict[str, str] = {"Delimiter": delimiter} if delimiter else {}
        while True:
            page = self._call("list_objects_v2", Prefix=below, **more)
            yield page
            if not page.get("IsTruncated"):
                return
            more["ContinuationToken"] = page["NextContinuationToken"]

    def _pages(self, below: str) -> Iterator[list[str]]:
        """Keys, a thousand at the most in each list."""
        for page in self._list(below):
            if keys := [found["Key"] for found in page.get("Contents", ())]:
                yield keys

    def _delete_batch(self, keys: list[str]) -> dict[str, OSError]:
        """Delete a thousand keys at the most; gives what is refused."""
        wanted = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
        answer = self._call("delete_objects", Delete=wanted)
        return {told["Key"]: os_error(self._where, told) for told in answer.get("Errors", ())}


def encryption_arguments(encryption: str) -> dict[str, str]:
    """What a PUT says of `none`, `AES256`, `aws:kms` or `aws:kms:KEY_ID`."""
    if encryption == "none":
        return {}
    kind, key = ("aws:kms", encryption[8:]) if encryption.startswith("aws:kms") else (encryption, "")
    return {"ServerSideEncryption": kind} | ({"SSEKMSKeyId": key} if key else {})


def _age_s(found: dict[str, Any], page: dict[str, Any]) -> float:
    """Age of a listed file when it was listed, both by the server's clock."""
    listed = parsedate_to_datetime(page["ResponseMetadata"]["HTTPHeaders"]["date"])
    return cast(float, (listed - found["LastModified"]).total_seconds())
