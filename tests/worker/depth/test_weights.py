import dataclasses
import hashlib
import re
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.errors import WeightsError
from worker.depth import registry
from worker.depth.network.row import NetworkModel
from worker.depth.weights import (
    MIDAS_RELEASES,
    ORIGINALS,
    FetchOptions,
    UrlSource,
    Weights,
    WeightsFile,
)
from worker.depth.weights.__main__ import main

CONTENT = bytes(range(256)) * 5000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
HTTP = FetchOptions(http_on_loopback=True)


def weights(url, sha256=SHA256):
    return Weights((WeightsFile("net.pt", sha256),), (UrlSource(url),))


@pytest.fixture
def url(server):
    server.files["/net.pt"] = CONTENT
    return f"{server.url}/net.pt"


@pytest.mark.parametrize("sha256", [SHA256, SHA256[:8], None])
def test_a_fetched_file_is_whole_and_ready(tmp_path, url, sha256):
    weights(url, sha256).fetch(tmp_path, HTTP)
    assert (tmp_path / "net.pt").read_bytes() == CONTENT
    assert weights(url).present(tmp_path)
    assert not (tmp_path / "net.pt.part").exists()


def test_a_file_that_is_there_is_not_fetched_again(tmp_path, server, url):
    (tmp_path / "net.pt").write_bytes(CONTENT)
    weights(url).fetch(tmp_path, HTTP)
    assert server.asked == []


def test_a_transfer_that_broke_off_goes_on_from_where_it_was(tmp_path, server, url):
    server.cut = 70_000
    with pytest.raises(WeightsError, match=r"70000.*1280000|could not be fetched"):
        weights(url).fetch(tmp_path, HTTP)
    assert not (tmp_path / "net.pt").exists()
    server.cut = None
    weights(url).fetch(tmp_path, HTTP)
    assert (tmp_path / "net.pt").read_bytes() == CONTENT
    assert server.asked == [("/net.pt", None), ("/net.pt", "bytes=70000-")]


def test_a_server_without_ranges_sends_the_whole_again(tmp_path, server, url):
    (tmp_path / "net.pt.part").write_bytes(b"older bytes")
    server.ranges = False
    weights(url).fetch(tmp_path, HTTP)
    assert (tmp_path / "net.pt").read_bytes() == CONTENT


def test_a_part_that_is_whole_already_is_taken_as_it_is(tmp_path, url):
    (tmp_path / "net.pt.part").write_bytes(CONTENT)
    weights(url).fetch(tmp_path, HTTP)
    assert (tmp_path / "net.pt").read_bytes() == CONTENT


def test_wrong_bytes_are_refused_with_both_hashes_and_do_not_stay(tmp_path, server, url):
    server.files["/net.pt"] = b"<html>a proxy's login page</html>"
    found = hashlib.sha256(server.files["/net.pt"]).hexdigest()
    with pytest.raises(WeightsError, match=rf"{found}.*{SHA256}"):
        weights(url).fetch(tmp_path, HTTP)
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_file_dropped_in_by_hand_is_refused_with_both_hashes(tmp_path, url):
    (tmp_path / "net.pt").write_bytes(b"another network")
    found = hashlib.sha256(b"another network").hexdigest()
    with pytest.raises(WeightsError, match=rf"{found}.*{SHA256[:8]}"):
        weights(url, SHA256[:8]).fetch(tmp_path, HTTP)


def test_an_absent_file_is_an_error_that_names_its_url(tmp_path, server):
    with pytest.raises(WeightsError, match=re.escape(f"{server.url}/gone.pt answered 404")):
        weights(f"{server.url}/gone.pt").fetch(tmp_path, HTTP)
    assert list(tmp_path.iterdir()) == []


def test_a_dead_server_is_an_error_that_names_the_url(tmp_path):
    with socket.socket() as taken:  # bound, not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        dead_url = f"http://127.0.0.1:{taken.getsockname()[1]}/net.pt"
        with pytest.raises(WeightsError, match=re.escape(dead_url)):
            weights(dead_url).fetch(tmp_path, HTTP)


def test_a_server_that_never_answers_is_given_up_after_the_timeout(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        dead_url = f"http://127.0.0.1:{silent.getsockname()[1]}/net.pt"
        with pytest.raises(WeightsError, match="timed out"):
            weights(dead_url).fetch(tmp_path, FetchOptions(timeout_s=0.2, http_on_loopback=True))


def test_the_next_source_is_tried_when_one_fails(tmp_path, server, url):
    two = Weights((WeightsFile("net.pt", SHA256),), (UrlSource(f"{server.url}/gone.pt"), UrlSource(url)))
    two.fetch(tmp_path, HTTP)
    assert (tmp_path / "net.pt").read_bytes() == CONTENT


@pytest.mark.parametrize("original", ORIGINALS)
def test_a_mirror_stands_in_for_the_official_releases(tmp_path, server, original):
    server.files["/mirror/v3/net.pt"] = CONTENT
    weights(f"{original}v3/net.pt").fetch(tmp_path, FetchOptions(mirror=f"{server.url}/mirror", http_on_loopback=True))
    assert (tmp_path / "net.pt").read_bytes() == CONTENT


def test_moge_2_is_fetched_from_a_mirror_goes_on_where_it_broke_off_and_is_held_to_its_hash(
    tmp_path, server, monkeypatch
):
    row = registry.row("moge_2_vits_normal")
    (file,) = row.weights.files
    served = dataclasses.replace(row.weights, files=(WeightsFile(file.name, SHA256),))
    monkeypatch.setitem(registry.ROWS, row.name, dataclasses.replace(row, weights=served))
    monkeypatch.setattr(NetworkModel, "prepare", lambda *_: None)  # what is served is no network
    monkeypatch.setenv("RELIEF_WEIGHTS_MIRROR", server.url)
    fetch = ["--folder", str(tmp_path), "fetch", "--http-on-loopback", "--quiet", row.name]
    server.files["/moge-2-vits-normal/resolve/main/model.pt"] = CONTENT
    server.cut = 70_000
    assert main(fetch) == 1
    server.cut = None
    assert main(fetch) == 0
    assert (tmp_path / "moge-2-vits-normal.pt").read_bytes() == CONTENT
    assert [asked for _, asked in server.asked] == [None, "bytes=70000-"]
    (tmp_path / file.name).write_bytes(CONTENT[::-1])
    assert main(fetch) == 1


@pytest.mark.parametrize("pinned", [None, SHA256[:8]])
def test_the_hash_seen_first_is_held_to_afterwards(tmp_path, pinned):
    file = WeightsFile("net.pt", pinned)
    (tmp_path / "net.pt").write_bytes(CONTENT)
    file.verify(tmp_path)
    file.verify(tmp_path)
    (tmp_path / "net.pt.sha256").write_text(f"{SHA256[:8]}{'0' * 56}  net.pt\n")
    with pytest.raises(WeightsError, match=rf"{SHA256}.*{SHA256[:8]}0000"):
        file.verify(tmp_path)


def test_a_changed_file_is_refused_until_it_is_accepted_on_purpose(tmp_path, capsys):
    name = "dpt_beit_large_512.pt"  # nobody has published its hash
    file = registry.row("dpt_beit_large_512").weights.files[0]
    (tmp_path / name).write_bytes(b"first")
    file.verify(tmp_path)
    (tmp_path / name).write_bytes(b"second")
    with pytest.raises(WeightsError, match=f"accept {name}"):
        file.verify(tmp_path)
    assert main(["--folder", str(tmp_path), "accept", name]) == 0
    assert capsys.readouterr().out.startswith(hashlib.sha256(b"second").hexdigest())
    file.verify(tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_what_a_published_hash_refuses_cannot_be_accepted(tmp_path, capsys):
    (tmp_path / "dpt_hybrid_384.pt").write_bytes(b"another network")
    for name, words in (("dpt_hybrid_384.pt", "is expected"), ("dpt_large_384.pt", "is absent"), ("a.pt", "no file")):
        assert main(["--folder", str(tmp_path), "accept", name]) == 1
        assert words in capsys.readouterr().err


def test_of_many_that_see_a_file_first_all_agree_on_one_record(tmp_path):
    (tmp_path / "net.pt").write_bytes(CONTENT)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: WeightsFile("net.pt").verify(tmp_path), range(32))) == {SHA256}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net.pt", "net.pt.sha256"]


def test_plain_http_is_refused_before_anything_is_asked(tmp_path, server, url):
    with pytest.raises(WeightsError, match="is not https"):
        weights(url).fetch(tmp_path)
    mirrored = weights(f"{MIDAS_RELEASES}v3/net.pt")
    with pytest.raises(WeightsError, match="is not https"):
        mirrored.fetch(tmp_path, FetchOptions(mirror=server.url))
    assert server.asked == []


@pytest.mark.parametrize("target", ["http://192.0.2.1/net.pt", "ftp://127.0.0.1/net.pt", "http://localhost/net.pt"])
def test_a_redirect_to_plain_http_is_refused(tmp_path, server, target):
    server.redirects["/net.pt"] = target
    with pytest.raises(WeightsError, match=r"is not https|could not be fetched"):
        weights(f"{server.url}/net.pt").fetch(tmp_path, HTTP)
    assert list(tmp_path.iterdir()) == []


def test_a_file_larger_than_any_weights_is_refused_before_it_comes(tmp_path, server, url):
    server.claimed_bytes = 5_000_000_000
    with pytest.raises(WeightsError, match=r"5,000,000,000 bytes.*2,000,000,000 at most"):
        weights(url, None).fetch(tmp_path, HTTP)
    assert list(tmp_path.iterdir()) == []


def test_a_file_whose_end_cannot_be_told_is_refused(tmp_path, server, url):
    server.claimed_bytes = None
    with pytest.raises(WeightsError, match="does not say how many bytes"):
        weights(url, None).fetch(tmp_path, HTTP)
    assert list(tmp_path.iterdir()) == []


def test_half_a_file_without_a_published_hash_never_counts(tmp_path, server, url):
    server.cut = 70_000
    with pytest.raises(WeightsError, match="could not be fetched"):
        weights(url, None).fetch(tmp_path, HTTP)
    assert [path.name for path in tmp_path.iterdir()] == ["net.pt.part"]
    assert not weights(url, None).present(tmp_path)


def test_a_hash_known_in_full_needs_no_record(tmp_path):
    (tmp_path / "net.pt").write_bytes(CONTENT)
    WeightsFile("net.pt", SHA256).verify(tmp_path)
    assert not (tmp_path / "net.pt.sha256").exists()


def test_a_second_process_does_not_write_into_the_same_part(tmp_path, url):
    import fcntl

    with (tmp_path / "net.pt.part").open("ab") as busy:
        fcntl.flock(busy, fcntl.LOCK_EX)
        with pytest.raises(WeightsError, match=r"another process is fetching net\.pt"):
            weights(url).fetch(tmp_path, HTTP)


def test_the_list_command_shows_which_models_are_ready(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("RELIEF_WEIGHTS", str(tmp_path))
    for file in registry.row("portrait").weights.files:
        (tmp_path / file.name).touch()
    assert main(["list"]) == 0
    lines = {line.split()[1]: line for line in capsys.readouterr().out.splitlines()}
    assert lines["portrait"].startswith("ready")
    assert lines["midas_v21_small_256"].startswith("absent")
    assert "CC-BY-NC-4.0, non-commercial" in lines["depth_anything_v2_vitl"]
    assert "non-commercial" not in lines["depth_anything_v2_vits"]


def test_the_fetch_command_ends_with_1_and_the_reason(tmp_path, server, monkeypatch, capsys):
    monkeypatch.setenv("RELIEF_WEIGHTS_MIRROR", server.url)
    assert (
        main(["--folder", str(tmp_path), "fetch", "--http-on-loopback", "--timeout", "5", "midas_v21_small_256"]) == 1
    )
    assert f"{server.url}/v2_1/midas_v21_small_256.pt answered 404" in capsys.readouterr().err


def test_the_fetch_command_names_the_known_models(tmp_path, capsys):
    assert main(["--folder", str(tmp_path), "fetch", "midas_v99"]) == 1
    assert "portrait" in capsys.readouterr().err
