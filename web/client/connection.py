"""The connection to the server, with the API key, or with the cookie of last time."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import httpx
from pydantic import StringConstraints, TypeAdapter, ValidationError

from shared.errors import SettingsError
from web.client.api import WAIT_S, Relief
from web.client.retry import RetryPolicy

TIMEOUT = httpx.Timeout(WAIT_S + 40, connect=10)
KEY = re.compile(r"[\x21-\x7e]+")

Word = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]*$")]
Jar = dict[str, dict[Word, Word]]  # the server's URL -> its cookies; ports share cookies otherwise
JAR = TypeAdapter(Jar)


@contextmanager
def connected(url: str, retries: RetryPolicy) -> Iterator[Relief]:
    """A client that owns what it sends: its cookie is kept before anything is sent.

    Raises:
        SettingsError: the key cannot be one, or the file of cookies cannot be read as such.
    """
    key = _key()
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT) as http:
        relief = Relief(http, retries)
        if key:
            relief.visit()
        else:
            _visit_again(relief, http, url)
        yield relief


def _visit_again(relief: Relief, http: httpx.Client, url: str) -> None:
    """Send the cookie of last time; keep the one that the server gives where that is no longer valid."""
    path = Path(os.environ.get("RELIEF_COOKIES", "~/.config/relief/cookies.json")).expanduser()
    jar = _read(path)
    http.cookies = httpx.Cookies(jar.get(url))
    given = relief.visit()
    if given:
        http.cookies = given
        _write(path, {**jar, url: dict(given)})


def _key() -> str | None:
    key = os.environ.get("RELIEF_KEY")
    if key and not KEY.fullmatch(key):
        raise SettingsError("RELIEF_KEY is no API key: it has characters that are in none, such as a space or an ä")
    return key or None


def _read(path: Path) -> Jar:
    if not path.exists():
        return {}
    try:
        return JAR.validate_json(path.read_bytes())
    except ValidationError as error:
        raise SettingsError(
            f"{path} is no file of Relief's cookies; move it away, or name another one in RELIEF_COOKIES"
        ) from error


def _write(path: Path, jar: Jar) -> None:
    """Keep the jar, for its owner's eyes only, at once or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            json.dump(jar, file)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
