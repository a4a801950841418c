"""Where files are, as settings name it: a folder, or a place in an S3 bucket."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator

SCHEME = "s3://"
FORM = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:/[A-Za-z0-9._-]+)*)/?")  # names that need no quoting


@dataclass(frozen=True)
class Bucket:
    """A bucket, and what the keys of all files in it begin with: nothing, or path segments with a slash behind."""

    name: str
    prefix: str

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Read `s3://bucket` or `s3://bucket/prefix`.

        Raises:
            ValueError: it is neither.
        """
        found = FORM.fullmatch(url)
        if not found:
            raise ValueError(f"not s3://BUCKET or s3://BUCKET/PREFIX of letters, digits, dots and dashes: {url!r}")
        return cls(found[1], f"{found[2][1:]}/" if found[2] else "")

    def __str__(self) -> str:
        return f"{SCHEME}{self.name}/{self.prefix}"


def _place(named: Any) -> Any:
    """A bucket where the text is the URL of one."""
    return Bucket.from_url(named) if isinstance(named, str) and named.startswith(SCHEME) else named


Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().resolve())]
Place = Annotated[Bucket | Folder, BeforeValidator(_place)]
