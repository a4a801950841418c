"""Uploads are decoded in processes that can do nothing else, whatever is in them, and whatever happens to them."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from shared.errors import DisparityError, PhotoError, PhotoTypeError
from shared.results import DISPARITY, PHOTO
from stack.local import PROJECT
from tests.support import hostile
from tests.support.fronts import client_of, running_front
from tests.support.pictures import encoded, two_halves
from tests.support.requests import upload
from web.intake.decoder import OPENING_S
from web.intake.decoding import Decoding

RAMP = Image.fromarray(np.add.outer(np.arange(80), np.arange(120)).astype(np.uint8))  # (80, 120)


@pytest.fixture(scope="module")
def decoding() -> Iterator[Decoding]:
    one = Decoding()
    yield one
    one.close()


def decode(decoding: Decoding, photo: bytes, disparity: bytes | None = None):
    given = None if disparity is None else io.BytesIO(disparity)
    return decoding.decode(io.BytesIO(photo), given, limit_mp=50)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_photo_and_its_map_come_back_as_they_are_to_be_stored(decoding):
    upload = decode(decoding, encoded(two_halves()), encoded(RAMP))
    assert set(upload.files) == {PHOTO, DISPARITY}
    assert Image.open(io.BytesIO(upload.files[PHOTO])).size == (120, 80)
    assert (upload.photo.width, upload.photo.height) == (120, 80)
    assert upload.photo.bytes == len(upload.files[PHOTO])
    assert upload.disparity and upload.disparity.bytes == len(upload.files[DISPARITY])


def test_a_refusal_keeps_its_kind_and_words(decoding):
    with pytest.raises(PhotoTypeError, match="not a JPEG or PNG"):
        decode(decoding, b"text")
    with pytest.raises(PhotoError, match="40 x 90 pixels; each side needs 64"):
        decode(decoding, encoded(Image.new("RGB", (40, 90))))
    with pytest.raises(DisparityError, match=r"no disparity map in a .png"):
        decode(decoding, encoded(two_halves()), b"text")


@pytest.mark.parametrize("name", sorted(set(hostile.FILES) - {"many_scans", "white_png", "tiled_noise_png"}))
def test_a_hostile_file_gets_its_answer_and_leaves_nothing_running(decoding, name):
    try:
        decode(decoding, hostile.FILES[name]())
    except PhotoError as error:
        assert "  " not in str(error)
    assert decode(decoding, encoded(two_halves())).photo.width == 120


@pytest.mark.parametrize("photo", hostile.broken_profiles())
def test_a_photo_with_a_broken_profile_is_read_or_refused(decoding, photo):
    with suppress(PhotoError):
        assert decode(decoding, photo).photo.width == 120


def test_eight_uploads_at_once_are_all_decoded(decoding):
    with ThreadPoolExecutor(8) as pool:
        widths = list(pool.map(lambda _: decode(decoding, encoded(two_halves())).photo.width, range(8)))
    assert widths == [120] * 8


def test_a_process_that_was_killed_costs_no_upload(decoding):
    decode(decoding, encoded(two_halves()))
    os.kill(decoding.start().process.pid, signal.SIGKILL)
    assert decode(decoding, encoded(two_halves())).photo.width == 120


def test_a_child_that_is_killed_costs_one_upload_and_says_so(decoding):
    forker = decoding.start().process.pid
    photo = hostile.many_scans(90, (5000, 4000))
    decode(decoding, encoded(two_halves()))
    outcome: list[object] = []

    def send() -> None:
        try:
            outcome.append(decode(decoding, photo))
        except PhotoError as error:
            outcome.append(error)

    while children(forker):
        pass  # the last one is just ending
    thread = threading.Thread(target=send)
    thread.start()
    while not (found := children(forker)):
        assert thread.is_alive()
    os.kill(found[0], signal.SIGKILL)
    thread.join()
    [error] = outcome
    assert isinstance(error, PhotoError) and "more memory or time" in str(error)
    assert decoding.start().process.pid == forker


# What a child might do if a decoder had a hole: each must end with an error, or with the child.
ESCAPES = {
    "a file": "open('/etc/hostname').read()",
    "a new file": "open('/tmp/relief-escaped', 'w').write('x')",
    "a socket": "__import__('socket').socket()",
    "a process": "__import__('os').execv('/bin/true', ['true']) if __import__('os').fork() == 0 else None",
    "memory": "bytearray(3_000_000_000)",
    "a higher limit": "r = __import__('resource'); r.setrlimit(r.RLIMIT_NOFILE, (99, 99))",
    "root": "__import__('os').setuid(0)",
}
ESCAPE = """
import os, sys, resource, socket
from web.intake import decoder

decoder._load_everything()
decoder._give_up_rights()
decoder._limit(50, decoder._memory_bytes())
try:
    {act}
except BaseException as error:
    os._exit(7)
os._exit(0)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="macOS limits less")
@pytest.mark.parametrize("act", ESCAPES.values(), ids=ESCAPES)
def test_a_child_can_have_no(act):

    code = ESCAPE.format(act=act)
    environment = {"PYTHONPATH": str(PROJECT), "OPENBLAS_NUM_THREADS": "1"}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
    assert result.returncode == 7, result.stderr.decode()


def test_a_child_that_computes_for_ever_is_ended_by_the_system():

    code = ESCAPE.format(act="while True: pass")
    result = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(PROJECT)}, capture_output=True)
    assert result.returncode == -signal.SIGXCPU
    assert OPENING_S <= 5


def test_the_process_that_forks_has_no_secret_and_ends_with_the_front(settings, store, portrait):
    with running_front(settings) as (front, url):
        with httpx.Client(base_url=url) as client:
            assert upload(client, portrait).status_code == 202
        [forker] = [pid for pid in children(front.pid) if b"web.intake.decoder" in command(pid)]
        variables = Path(f"/proc/{forker}/environ").read_bytes()
        assert b"PYTHONPATH" in variables
        assert b"RELIEF" not in variables and b"REDIS" not in variables
        os.kill(front.pid, signal.SIGKILL)
        while Path(f"/proc/{forker}").exists() and command(forker):
            pass


def command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_eight_photos_sent_at_once_are_all_accepted(settings, store, portrait):
    with client_of(settings) as client, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: upload(client, portrait).status_code, range(8)))
    assert answers == [202] * 8


def test_a_bomb_gets_one_422_with_plain_words(settings, store):
    with client_of(settings) as client:
        for name in ("icc_bomb", "short_iccp", "short_iccp_before"):
            answer = upload(client, hostile.FILES[name]())
            assert answer.status_code in (202, 415, 422)
            if answer.status_code != 202:
                assert json.loads(answer.text)["detail"]
