"""What S3 refuses, as the system's errors: a worker puts a job off for these, as for a folder that refuses."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

BY_CODE = {  # S3's own word -> the system's number
    "NoSuchKey": errno.ENOENT,
    "404": errno.ENOENT,  # to HEAD, whose answer has no words
    "QuotaExceeded": errno.ENOSPC,
    "XMinioStorageFull": errno.ENOSPC,
}
BY_STATUS = {403: errno.EACCES, 507: errno.ENOSPC}  # any other is an input/output error


@contextmanager
def as_os_errors(where: str) -> Iterator[None]:
    """Raise OSError, with the place and the cause in its text, for whatever boto3 raises in the block.

    Raises:
        FileNotFoundError: the key is not there; that the whole bucket is not there is another OSError.
    """
    try:
        yield
    except ClientError as error:
        raise os_error(where, error.response["Error"], error.response["ResponseMetadata"]["HTTPStatusCode"]) from error
    except (BotoCoreError, ResponseParserError) as error:  # no answer, no credentials, or a page of somebody else's
        raise OSError(errno.EIO, f"{where}: {error}") from error


def os_error(where: str, told: dict[str, str], status: int = 0) -> OSError:
    """The error that S3 told, by its code and message."""
    code, message = told.get("Code", ""), told.get("Message", "")
    number = BY_CODE.get(code) or BY_STATUS.get(status, errno.EIO)
    return OSError(number, f"{where}: {code} {message}".rstrip())
