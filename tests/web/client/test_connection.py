"""The cookie file, the API key and the URL of the server."""

import stat
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.web.client.conftest import photo
from web.client.__main__ import main


def test_the_cookie_file_is_private_and_an_invalid_cookie_is_replaced(url, tmp_path, capsys):
    jar = tmp_path / "cookies.json"
    jar.write_text(f'{{"{url}": {{"relief": "worthless"}}, "http://other": {{"relief": "stays"}}}}')
    assert main(["submit", *(photo(tmp_path / f"{name}.png") for name in "abc"), "--no-wait"]) == 0
    assert stat.S_IMODE(jar.stat().st_mode) == 0o600
    assert "stays" in jar.read_text() and "worthless" not in jar.read_text()
    capsys.readouterr()
    assert main(["list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert [path.name for path in tmp_path.iterdir() if "cookies" in path.name] == ["cookies.json"]


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe", b"[1]", b'{"http://x": {"relief": "\\u00e4"}}', b'{"x": 1}'])
def test_a_file_without_cookies_is_reported_and_not_overwritten(text, tmp_path, capsys):
    jar = tmp_path / "cookies.json"
    jar.write_bytes(text)
    assert main(["list"]) == 1
    assert "cookies.json is no file of" in capsys.readouterr().err
    assert jar.read_bytes() == text


@pytest.mark.parametrize("key", ["schlüssel", "two words", "a\nb"])
def test_an_invalid_key_is_reported_but_not_shown(key, monkeypatch, capsys):
    monkeypatch.setenv("RELIEF_KEY", key)
    assert main(["list"]) == 1
    shown = capsys.readouterr().err
    assert "RELIEF_KEY is no API key" in shown and key not in shown


@pytest.mark.parametrize("url", ["http://[", "http://127.0.0.1:no", "nonsense", ""])
def test_an_invalid_url_is_reported_in_one_line(url, capsys):
    assert main(["--url", url, "list"]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_server_that_is_not_relief_is_reported(tmp_path, capsys):
    (tmp_path / "api" / "v1").mkdir(parents=True)
    (tmp_path / "api" / "v1" / "jobs").write_text("no jobs here")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(tmp_path))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        assert main(["--url", f"http://127.0.0.1:{server.server_port}", "list"]) == 1
        server.shutdown()
        thread.join()
    assert "is not Relief" in capsys.readouterr().err
