"""What a bucket does as storage, beyond what every storage does: with a real server, and what it refuses."""

import errno
import random
import threading
import tracemalloc
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from botocore.config import Config

from shared.errors import SettingsError
from shared.places import Bucket
from shared.settings import Settings
from shared.storage import say_if_away, storage_from
from shared.storage.base import Storage
from shared.storage.s3 import CONFIG, S3Storage, encryption_arguments
from tests.support.seaweed import BUCKET, SECRET, s3_client
from tests.support.tcp_proxy import TcpProxy, tcp_proxy

JOB = "0123456789abcdef" * 2
PHOTO = (JOB, "photo", "photo.jpg")
SEED = 20261126
QUICK = CONFIG.merge(
    Config(connect_timeout=0.3, read_timeout=0.3, retries={"mode": "standard", "total_max_attempts": 2})
)
ASKS = {
    "write": lambda storage: storage.write(*PHOTO, b"a"),
    "write_all": lambda storage: storage.write_all(JOB, "photo", {"a": b"a", "b": b"b"}),
    "read": lambda storage: storage.read(*PHOTO),
    "info": lambda storage: storage.info(*PHOTO),
    "folders": lambda storage: storage.folders(JOB),
    "job_ids": lambda storage: list(storage.job_ids()),
    "age_s": lambda storage: storage.age_s(JOB),
    "check": lambda storage: storage.check(),
}


@pytest.fixture
def storage(bucket: Bucket) -> Storage:
    return S3Storage(bucket)


@pytest.fixture
def proxy(s3_server):
    with tcp_proxy(int(s3_server.endpoint.rpartition(":")[2])) as proxy:
        yield proxy


@pytest.fixture
def behind(bucket: Bucket, proxy: TcpProxy, monkeypatch) -> Storage:
    """The same bucket, reached through the proxy, by a client that soon gives up."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{proxy.port}")
    return S3Storage(bucket, config=QUICK)


def assert_refused(storage: Storage, words: str, *secrets: str) -> None:
    """Whatever is asked, the error is one of the system's, names the bucket and the cause, and no secret."""
    for name, ask in ASKS.items():
        with pytest.raises(OSError, match=words) as refused:
            ask(storage)
        assert refused.value.errno and not isinstance(refused.value, FileNotFoundError), name
        assert not any(secret in str(refused.value) for secret in secrets)
    removed = storage.delete(JOB)
    assert (removed.gone, removed.left) == ([], ["."])
    assert isinstance(removed.error, OSError)


def test_the_bucket_is_the_one_that_the_settings_name(bucket, s3_server):
    settings = Settings(redis_url="redis://127.0.0.1:1", data=str(bucket), secret="s" * 32)
    storage_from(settings).write(*PHOTO, b"abc")
    key = f"{bucket.prefix}jobs/{JOB}/photo/photo.jpg"
    assert s3_client(s3_server.endpoint).get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"abc"


def test_files_are_encrypted_as_the_settings_say(bucket, s3_server):
    settings = Settings(redis_url="redis://127.0.0.1:1", data=str(bucket), s3_encryption="AES256", secret="s" * 32)
    storage = storage_from(settings)
    storage.write(*PHOTO, b"abc")
    key = f"{bucket.prefix}jobs/{JOB}/photo/photo.jpg"
    assert s3_client(s3_server.endpoint).head_object(Bucket=BUCKET, Key=key)["ServerSideEncryption"] == "AES256"
    assert storage.read(*PHOTO) == b"abc"


def test_each_kind_of_encryption_is_asked_for_in_s3s_words():
    assert encryption_arguments("none") == {}
    assert encryption_arguments("AES256") == {"ServerSideEncryption": "AES256"}
    assert encryption_arguments("aws:kms") == {"ServerSideEncryption": "aws:kms"}
    key = "arn:aws:kms:eu-central-1:111122223333:key/1234"
    assert encryption_arguments(f"aws:kms:{key}") == {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}


def test_settings_that_boto3_cannot_use_are_told_at_start(bucket, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "no url")
    with pytest.raises(SettingsError, match=f"s3://{BUCKET}.*no url"):
        S3Storage(bucket)


def test_a_wrong_secret_is_told_as_refused_and_by_no_secret(bucket, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
    storage = S3Storage(bucket)
    assert_refused(storage, f"s3://{BUCKET}/.*(Forbidden|SignatureDoesNotMatch)", "not-the-secret", SECRET)
    with pytest.raises(PermissionError):
        storage.check()


def test_a_process_says_at_its_start_that_storage_cannot_be_used(bucket, caplog):
    say_if_away(S3Storage(bucket))
    assert caplog.text == ""
    say_if_away(S3Storage(Bucket("no-such-bucket", "")))
    assert "s3://no-such-bucket/" in caplog.text


def test_a_bucket_that_is_not_there_is_another_thing_than_a_file_that_is_not(bucket):
    assert_refused(S3Storage(Bucket("no-such-bucket", "")), "s3://no-such-bucket/.*NoSuchBucket")


def test_a_server_that_refuses_connections_is_told(proxy, behind):
    with proxy.refusing():
        assert_refused(behind, f"s3://{BUCKET}/")
    behind.check()


def test_a_server_of_another_kind_is_no_empty_bucket(bucket, monkeypatch):
    handler = handler_that_says(b"<html><body>Welcome</body></html>")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{server.server_port}")
        try:
            assert_refused(S3Storage(bucket, config=QUICK), f"s3://{BUCKET}/")
        finally:
            server.shutdown()
            thread.join()


def handler_that_says(page: bytes) -> type[BaseHTTPRequestHandler]:
    """What answers every request by this page."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(page)

        do_GET = do_PUT = do_POST = do_HEAD = answer

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler


def test_where_one_of_several_files_fails_no_other_comes_after_that_was_told(storage):
    files = {"../fails.bin": b"at once"} | {f"{number}.bin": bytes(500_000) for number in range(20)}
    with pytest.raises(ValueError, match="not a name"):
        storage.write_all(JOB, "head-1", files)
    assert len(storage.delete(JOB).gone) == 20
    assert storage.folders(JOB) == []


def test_a_server_that_does_not_answer_is_given_up(proxy, behind):
    behind.write(*PHOTO, b"abc")
    with proxy.holding():
        for ask in ("write", "read", "check"):
            with pytest.raises(OSError, match="timeout"):
                ASKS[ask](behind)
    behind.check()


def test_a_connection_that_breaks_goes_on_where_it_was(proxy, behind):
    data = random.Random(SEED).randbytes(3_000_000)
    behind.write(*PHOTO, data)
    with behind.open(*PHOTO) as file:
        assert file.read(10) == data[:10]
    proxy.cuts += [1_000_000, 1_500_000]
    before = proxy.connections
    with behind.open(*PHOTO) as file:
        assert file.read() == data
    assert proxy.cuts == []
    assert proxy.connections > before


def test_a_file_that_breaks_off_again_and_again_is_told(proxy, behind):
    behind.write(*PHOTO, bytes(3_000_000))
    proxy.cuts += [500_000] + [100] * 8  # in the head of each other answer
    with pytest.raises(OSError, match=f"s3://{BUCKET}/") as broken, behind.open(*PHOTO) as file:
        file.read()
    assert broken.value.errno == errno.EIO


def test_a_file_that_is_another_one_since_is_not_read_on(storage):
    storage.write(*PHOTO, b"a" * 2_000_000)
    with storage.open(*PHOTO) as file:
        file.read(10)
        storage.write(*PHOTO, b"b" * 2_000_000)
        file.seek(1_900_000)
        with pytest.raises(OSError, match="PreconditionFailed"):
            file.read(10)


def test_a_large_file_is_read_without_having_it_in_memory(storage):
    storage.write(JOB, "head-1", "head.glb", bytes(20_000_000))
    with storage.open(JOB, "head-1", "head.glb") as file:
        tracemalloc.start()
        count = sum(len(part) for part in iter(lambda: file.read(65_536), b""))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert count == 20_000_000
    assert peak < 2_000_000
