"""What a form or a query holds, each name once, whatever bytes a file's name is written in."""

from __future__ import annotations

from typing import BinaryIO, cast

from flask import request
from werkzeug import formparser
from werkzeug.datastructures import FileStorage, Headers, MultiDict
from werkzeug.exceptions import UnprocessableEntity
from werkzeug.sansio.multipart import MultipartDecoder

from web.intake.files import file_size

FILE_FIELDS = ("photo", "disparity")


class AnyNames(MultipartDecoder):
    """Reads headers that are not UTF-8: a file's name is in the sender's own encoding, and is not used."""

    def _parse_headers(self, data: bytes | bytearray) -> Headers:
        return super()._parse_headers(data.decode(errors="replace").encode())


def accept_any_names() -> None:
    """Have Werkzeug, which else takes a form for empty, read forms whose headers are not UTF-8."""
    formparser.MultipartDecoder = AnyNames  # type: ignore[misc]  # its parser has no other way to be given one


def fields_once() -> dict[str, str]:
    """What query and form say, by name; a form goes before a query that says the same.

    Raises:
        UnprocessableEntity: one of them says something twice, or they contradict each other.
    """
    query, form = (_single(fields) for fields in (request.args, request.form))
    if differing := sorted(name for name in query.keys() & form.keys() if query[name] != form[name]):
        raise UnprocessableEntity(f"Query and form contradict each other: {', '.join(differing)}. Send each once.")
    return query | form


def file_once(name: str) -> FileStorage | None:
    """The file in this field of the form; None where there is none, or a browser's empty field.

    Raises:
        UnprocessableEntity: there are several, or files in fields that are not known.
    """
    files = {field: [file for file in request.files.getlist(field) if _is_sent(file)] for field in request.files}
    if unknown := sorted(field for field, sent in files.items() if sent and field not in FILE_FIELDS):
        raise UnprocessableEntity(
            f"There is no field {', '.join(map(repr, unknown))} for a file: a photo is sent in the field "
            '"photo", a disparity map in "disparity", and settings without a filename.'
        )
    sent = files.get(name, [])
    if len(sent) > 1:
        raise UnprocessableEntity(
            f'The field "{name}" was sent {len(sent)} times; a job takes one: send a request for each photo.'
        )
    return sent[0] if sent else None


def _single(fields: MultiDict[str, str]) -> dict[str, str]:
    if several := sorted(name for name, values in fields.lists() if len(values) > 1):
        raise UnprocessableEntity(f"Sent more than once: {', '.join(several)}. Send each setting once.")
    return fields.to_dict()


def _is_sent(file: FileStorage) -> bool:
    return bool(file.filename or file_size(cast(BinaryIO, file.stream)))
