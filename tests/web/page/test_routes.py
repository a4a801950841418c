"""The page's own files."""

from tests.support.requests import assert_problem


def test_no_source_is_served_as_a_file_of_the_viewer(client):
    assert client.get("/viewer/viewer.js").status_code == 200
    assert_problem(client.get("/viewer/__init__.py"), 404, "")


def test_every_answer_tells_browsers_what_no_page_may_do(client):
    for path in ("/", "/healthz", "/api/v1/jobs", "/static/page.css", "/no/such/route", "/viewer/viewer.js"):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy, path
        assert "unsafe" not in policy, path
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["Cross-Origin-Resource-Policy"] == headers["Cross-Origin-Opener-Policy"] == "same-origin", path
        assert "camera=(self)" in headers["Permissions-Policy"], path
