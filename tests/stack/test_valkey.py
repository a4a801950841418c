"""The embedded Valkey, on real files."""

from redis import Redis

from stack.valkey import start_valkey


def test_what_it_keeps_can_be_read_by_its_user_alone(tmp_path):
    server, url = start_valkey(tmp_path)
    try:
        with Redis.from_url(url) as redis:
            redis.set("secret", "of a webhook")
    finally:
        server.stop()
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "valkey.log"]
    assert any(b"of a webhook" in path.read_bytes() for path in files)
    assert [path.name for path in files if path.stat().st_mode & 0o077] == []
