"""Conditional and partial requests, in the order of RFC 9110, section 13.2.2.

Werkzeug's `make_conditional` is not used: it looks at the range before If-None-Match, has no If-Unmodified-Since, takes
the `*` of If-Match for a tag, and refuses the last 64 kB of a smaller file.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from flask import Response, request
from werkzeug.exceptions import PreconditionFailed, RequestedRangeNotSatisfiable
from werkzeug.http import parse_date, quote_etag

ONE_RANGE = re.compile(r"(?i:bytes)=(?:(?P<first>[0-9]{1,18})-(?P<last>[0-9]{0,18})|-(?P<suffix>[0-9]{1,18}))")


class ConditionalResponse(Response):
    """A response that `send_file` and the documents of the API make conditional by the functions of this module."""

    def make_conditional(self, *_: Any, **__: Any) -> ConditionalResponse:
        """Make it 304 where the client has it; it is never sent in part."""
        etag, weak = self.get_etag()
        try:
            if is_known(etag, weak, self.last_modified):
                self.status_code = 304
        except PreconditionFailed:
            self.close()  # the file that it would have sent
            raise
        return self


def is_known(etag: str | None, weak: bool | None, modified: datetime | None) -> bool:
    """True where the client has this version already, which is answered by 304; steps 1 to 4, for GET and HEAD.

    Args:
        etag: of this version, without quotes.
        weak: whether it is a weak one, which If-Match never names.
        modified: when it was made, in whole seconds; None where that is not known.
    Raises:
        PreconditionFailed: If-Match names another version, or it was made after If-Unmodified-Since.
    """
    if request.if_match:
        if not request.if_match.star_tag and (weak or not request.if_match.contains(etag or "")):
            raise PreconditionFailed("The file is no longer the one that If-Match names.")
    elif (until := request.if_unmodified_since) and modified and modified > until:
        raise PreconditionFailed("The file was made after the time that If-Unmodified-Since names.")
    if request.if_none_match:
        return request.if_none_match.contains_weak(etag or "")
    since = request.if_modified_since
    return bool(since and modified and modified <= since)


def wanted_part(etag: str, modified: datetime | None, size: int) -> tuple[int, int] | None:
    """First byte and the one behind the last that the client wants; None where all is to be sent; step 5.

    All is sent where Range is not one valid range of bytes, or If-Range names another version (sections 14.2, 13.1.5).

    Raises:
        RequestedRangeNotSatisfiable: the range lies outside.
    """
    found = ONE_RANGE.fullmatch(request.headers.get("Range", "")) if request.method == "GET" else None
    if not found or not size or not _is_if_range(etag, modified):
        return None
    first, last, suffix = (int(text) if text else None for text in found.groups())
    if first is not None and last is not None and last < first:
        return None
    begin = size - min(size, suffix or 0) if first is None else first
    if begin >= size:
        raise RequestedRangeNotSatisfiable(size)
    return begin, size if last is None else min(last + 1, size)


def _is_if_range(etag: str, modified: datetime | None) -> bool:
    """True where If-Range is absent, or names this very version; a weak tag never does."""
    given = request.headers.get("If-Range")
    if given is None:
        return True
    if given.startswith(('"', "W/")):
        return given == quote_etag(etag)
    return modified is not None and parse_date(given) == modified
