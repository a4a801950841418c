"""Which connections are closed to keep what all of them hold within bounds."""

import pytest
from waitress import wasyncore

from tests.support.raw_http import connect
from web.server.server import CONNECTIONS, ROOM, connections_of, create_server

HEAD = b"POST /api/v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: 900000\r\n\r\n"


@pytest.fixture
def server(settings):
    """A server whose loop runs as often as the test says."""
    server = create_server(lambda environ, start: [], settings, "127.0.0.1", 0)
    yield server
    server._close(server._channels())
    wasyncore.close_all(server._map)
    server.task_dispatcher.shutdown()


def test_a_process_that_may_open_few_files_has_fewer_connections():
    assert connections_of(20_000) > CONNECTIONS
    assert connections_of(1024) == 312
    assert connections_of(256) > ROOM


def turn(server, times: int = 200) -> None:
    for _ in range(times):
        wasyncore.poll2(0.001, server._map)


def test_where_all_send_too_much_the_largest_body_goes(server):
    server.bodies_bytes = 500_000
    url = f"http://127.0.0.1:{server.effective_port}"
    with connect(url) as large, connect(url) as small:
        for connection, size in ((large, 400_000), (small, 50_000)):
            connection.sendall(HEAD)
            turn(server, 5)
            connection.sendall(bytes(size))
            turn(server)
        server.maintenance(0)
        assert len(server.active_channels) == 2
        small.sendall(bytes(100_000))
        turn(server)
        server.maintenance(0)
        assert large.recv(1) == b""
        [left] = server.active_channels.values()
        assert left.body_bytes == 150_000
