"""Conditional and partial requests, in the order of RFC 9110, section 13.2.2, for each way to make a result."""

from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime

import httpx
import pytest

from shared.jobs.record import Stage
from tests.support.requests import assert_problem, finish_stage, upload

WHOLE, KNOWN, FAILED, OUTSIDE = 200, 304, 412, 416
KINDS = ["depth.png", "cloud.rlf", "photo.jpg", "thumbnail.jpg", "view.html", "all.zip"]  # stored, gzipped, made
# Of what is sent, {etag}, {date}, {before}, {after} and {size} are the file's; of 206, the first byte and the end.
TABLE = [
    # If-Match, step 1; If-Unmodified-Since, step 2
    ({"If-Match": "*"}, WHOLE),
    ({"If-Match": "{etag}"}, WHOLE),
    ({"If-Match": '"another", {etag}'}, WHOLE),
    ({"If-Match": '"another"'}, FAILED),
    ({"If-Match": "W/{etag}"}, FAILED),
    ({"If-Unmodified-Since": "{date}"}, WHOLE),
    ({"If-Unmodified-Since": "{after}"}, WHOLE),
    ({"If-Unmodified-Since": "{before}"}, FAILED),
    ({"If-Unmodified-Since": "no date"}, WHOLE),
    ({"If-Match": "{etag}", "If-Unmodified-Since": "{before}"}, WHOLE),
    ({"If-Match": "*", "If-None-Match": "{etag}"}, KNOWN),
    ({"If-Match": '"another"', "If-None-Match": "{etag}"}, FAILED),
    ({"If-Unmodified-Since": "{before}", "If-None-Match": "{etag}"}, FAILED),
    # If-None-Match, step 3; If-Modified-Since, step 4
    ({"If-None-Match": "*"}, KNOWN),
    ({"If-None-Match": "{etag}"}, KNOWN),
    ({"If-None-Match": "W/{etag}"}, KNOWN),
    ({"If-None-Match": '"another", {etag}'}, KNOWN),
    ({"If-None-Match": '"another"'}, WHOLE),
    ({"If-Modified-Since": "{date}"}, KNOWN),
    ({"If-Modified-Since": "{after}"}, KNOWN),
    ({"If-Modified-Since": "{before}"}, WHOLE),
    ({"If-Modified-Since": "no date"}, WHOLE),
    ({"If-None-Match": '"another"', "If-Modified-Since": "{date}"}, WHOLE),
    # Range, step 5, comes last
    ({"Range": "bytes=0-0", "If-None-Match": "{etag}"}, KNOWN),
    ({"Range": "bytes=0-0", "If-Modified-Since": "{date}"}, KNOWN),
    ({"Range": "bytes=0-0", "If-Match": '"another"'}, FAILED),
    ({"Range": "bytes={size}-", "If-Match": '"another"'}, FAILED),
    ({"Range": "bytes={size}-", "If-None-Match": "{etag}"}, KNOWN),
    ({"Range": "bytes=10-19"}, (10, 20)),
    ({"Range": "Bytes=10-"}, (10, None)),
    ({"Range": "bytes=10-999999999"}, (10, None)),
    ({"Range": "bytes=-7"}, (-7, None)),
    ({"Range": "bytes=-999999999"}, (0, None)),
    ({"Range": "bytes=0-"}, (0, None)),
    ({"Range": "bytes={size}-"}, OUTSIDE),
    ({"Range": "bytes=-0"}, OUTSIDE),
    ({"Range": "bytes=5-2"}, WHOLE),
    ({"Range": "bytes=0-1,5-6"}, WHOLE),
    ({"Range": "lines=0-1"}, WHOLE),
    ({"Range": "bytes=10-19", "If-None-Match": '"another"'}, (10, 20)),
    ({"Range": "bytes=10-19", "If-Match": "{etag}"}, (10, 20)),
    # If-Range, of step 5
    ({"If-Range": '"another"'}, WHOLE),
    ({"Range": "bytes=10-19", "If-Range": "{etag}"}, (10, 20)),
    ({"Range": "bytes=10-19", "If-Range": '"another"'}, WHOLE),
    ({"Range": "bytes=10-19", "If-Range": "W/{etag}"}, WHOLE),
    ({"Range": "bytes=10-19", "If-Range": "{date}"}, (10, 20)),
    ({"Range": "bytes=10-19", "If-Range": "{before}"}, WHOLE),
    ({"Range": "bytes=10-19", "If-Range": "{after}"}, WHOLE),
    ({"Range": "bytes=10-19", "If-Range": "no date"}, WHOLE),
    ({"Range": "bytes={size}-", "If-Range": '"another"'}, WHOLE),
]


@pytest.fixture
def results(client, store, storage, portrait) -> str:
    """The URL of the results of a job that has some of each kind."""
    job = upload(client, portrait, steps="depth,model").json()
    finish_stage(store, storage, Stage.DEPTH, "depth.png")
    finish_stage(store, storage, Stage.MODEL, "cloud.rlf")
    return f"{job['links']['self']}/results"


def raw(client: httpx.Client, method: str, url: str, headers: dict[str, str]) -> tuple[httpx.Response, bytes]:
    """The answer and its body as it was sent: a file that is stored compressed stays so."""
    with client.stream(method, url, headers=headers) as answer:
        return answer, b"".join(answer.iter_raw())


@pytest.mark.parametrize("kind", KINDS)
def test_conditions_are_looked_at_in_their_order_and_the_range_last(client, results, kind):
    url = f"{results}/{kind}"
    answer, whole = raw(client, "GET", url, {})
    made = parsedate_to_datetime(answer.headers["Last-Modified"])
    times = {"before": made - timedelta(days=1), "date": made, "after": made + timedelta(days=1)}
    known = {name: format_datetime(time, usegmt=True) for name, time in times.items()}
    known |= {"etag": answer.headers["ETag"], "size": str(len(whole))}
    for headers, expected in TABLE:
        asked = {name: value.format(**known) for name, value in headers.items()}
        got, body = raw(client, "GET", url, asked)
        if isinstance(expected, tuple):
            begin, end, _ = slice(*expected).indices(len(whole))
            told = (206, f"bytes {begin}-{end - 1}/{len(whole)}", whole[begin:end])
            assert (got.status_code, got.headers.get("Content-Range"), body) == told, asked
        else:
            assert got.status_code == expected, asked
            assert expected != WHOLE or body == whole, asked
            assert expected != KNOWN or (body, got.headers["ETag"]) == (b"", known["etag"]), asked
        assert got.status_code != OUTSIDE or got.headers["Content-Range"] == f"bytes */{len(whole)}"
        if got.is_success:
            assert (got.headers["ETag"], got.headers["Last-Modified"]) == (known["etag"], known["date"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_head_has_the_headers_of_the_whole_and_knows_no_range(client, results, kind):
    url = f"{results}/{kind}"
    own = ("date", "x-request-id")
    asked = [raw(client, method, url, headers) for method, headers in (("HEAD", {"Range": "bytes=3-"}), ("GET", {}))]
    head, get = ({name: value for name, value in each.headers.items() if name not in own} for each, _ in asked)
    assert head == get
    assert [(each.status_code, bool(body)) for each, body in asked] == [(200, False), (200, True)]


def test_conditions_on_a_file_that_is_not_there_are_not_looked_at(client, results):
    for headers in ({"If-Match": "*"}, {"If-None-Match": "*"}, {"Range": "bytes=0-"}):
        assert_problem(client.get(f"{results}/head.glb", headers=headers), 404, "head.glb")


@pytest.mark.parametrize("path", ["/api/v1/jobs", "/static/base.css", "/viewer/viewer.js"])
def test_documents_and_scripts_know_the_same_conditions(client, path):
    tag = client.get(path).headers["ETag"]
    assert client.get(path, headers={"If-Match": "*"}).status_code == 200
    assert client.get(path, headers={"If-None-Match": tag, "Range": "bytes=0-0"}).status_code == 304
    assert_problem(client.get(path, headers={"If-Match": '"another"'}), 412, "If-Match")
