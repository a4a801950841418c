"""The page's own files."""

from tests.support.requests import assert_problem


def test_no_source_is_served_as_a_file_of_the_viewer(client):
    assert client.get("/viewer/viewer.js").status_code == 200
    assert_problem(client.get("/viewer/__init__.py"), 404, "")
