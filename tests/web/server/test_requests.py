"""Bounds of what is received: size and time of heads and bodies, and what chunks may cost."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from waitress.adjustments import Adjustments

from web.server.bodies import SETTINGS_BYTES
from web.server.requests import BODY_S, FRAMING_BYTES, HEAD_S, Request

UPLOAD = b"POST /api/v1/jobs HTTP/1.1\r\nHost: x\r\n"
CHUNKED = UPLOAD + b"Content-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def request_() -> Iterator[Request]:
    adjustments = Adjustments(max_request_body_size=50_000_000)
    adjustments.upload_mb = 1
    with closing(Request(adjustments)) as request:
        yield request


def receive(request: Request, data: bytes, part: int = 8192) -> int:
    """Give it data in parts until it is complete; how many bytes it took."""
    taken = 0
    while taken < len(data) and not request.completed:
        taken += request.received(data[taken : taken + part])
    return taken


def test_a_chunked_body_is_one_body_with_its_length(request_):
    receive(request_, CHUNKED + b"5;a=b\r\nhello\r\n3\r\n, x\r\n0\r\nExpires: never\r\n\r\nGET")
    assert (request_.error, request_.headers["CONTENT_LENGTH"]) == (None, "8")
    assert request_.get_body_stream().read() == b"hello, x"


def test_chunks_of_a_kilobyte_may_be_many(request_):
    receive(request_, CHUNKED + (b"400\r\n" + bytes(1024) + b"\r\n") * 900 + b"0\r\n\r\n")
    assert (request_.error, request_.headers["CONTENT_LENGTH"]) == (None, str(900 * 1024))


@pytest.mark.parametrize(
    "waste",
    [
        b"1\r\nx\r\n" * 100_000,
        b"1;" + b"a" * 500_000,
        (b"1;" + b"a" * 500 + b"\r\nx\r\n") * 1000,
        b"0\r\n" + b"a: b\r\n" * 100_000,
        b"\r\n" * 100_000,
    ],
)
def test_what_is_no_body_is_bounded_in_chunks(request_, waste):
    taken = receive(request_, CHUNKED + waste)
    assert (request_.error.code, taken < 3 * FRAMING_BYTES) == (400, True)


@pytest.mark.parametrize("bad", [b"Z\r\n", b"1\r\nxx\r\n0\r\n\r\n", b"0\r\nno field\r\n\r\n", b"-1\r\n"])
def test_nothing_that_follows_a_bad_chunk_is_a_request(request_, bad):
    data = CHUNKED + bad + b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    assert request_.received(data[: len(CHUNKED)]) == len(CHUNKED)
    assert request_.received(data[len(CHUNKED) :]) == len(data) - len(CHUNKED)
    assert (request_.completed, request_.error.code) == (True, 400)


@pytest.mark.parametrize(
    ("head", "size", "kept"),
    [
        (UPLOAD + b"Content-Type: image/png\r\n", 1_000_000, True),
        (UPLOAD + b"Content-Type: image/png\r\n", 1_200_000, False),
        (UPLOAD + b"Content-Type: Application/X-www-form-urlencoded; a=b\r\n", SETTINGS_BYTES, True),
        (UPLOAD + b"Content-Type: Application/X-www-form-urlencoded; a=b\r\n", SETTINGS_BYTES + 1, False),
        (b"POST /api/v1/jobs/0/model HTTP/1.1\r\nHost: x\r\n", SETTINGS_BYTES + 1, False),
        (b"GET /api/v1/jobs HTTP/1.1\r\nHost: x\r\n", SETTINGS_BYTES + 1, False),
        (b"POST //api/v1/jobs HTTP/1.1\r\nHost: x\r\n", SETTINGS_BYTES + 1, True),
    ],
)
def test_of_a_body_that_is_too_large_only_the_length_is_kept(request_, head, size, kept):
    receive(request_, head + b"Content-Length: %d\r\n\r\n" % size + bytes(size))
    assert (request_.completed, request_.error) == (True, None)
    assert request_.headers["CONTENT_LENGTH"] == str(size)
    assert len(request_.get_body_stream().read()) == (size if kept else 0)


def test_a_length_of_more_digits_than_python_reads_is_refused(request_):
    receive(request_, UPLOAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n")
    assert request_.error.code == 400


def test_head_and_body_have_to_come_in_time(request_):
    began = request_.began_s
    receive(request_, UPLOAD)
    assert not request_.is_overdue(began + HEAD_S - 1)
    assert request_.is_overdue(began + HEAD_S + 1)
    receive(request_, b"Content-Type: image/png\r\nContent-Length: 500000\r\n\r\n" + bytes(30_000))
    assert not request_.is_overdue(began + BODY_S + 29)
    assert request_.is_overdue(began + BODY_S + 31)
