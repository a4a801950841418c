"""The folders of results."""

from pathlib import Path

from web.client.submit import folders_of


def test_folders_of_equal_names_are_numbered_in_the_order_given():
    given = [Path(name) for name in ("a/me.png", "b/ME.jpg", "me-2.png", "a/me.png", "c/me.png", "...png")]
    assert list(folders_of(given).values()) == ["me", "ME-2", "me-2-2", "me-3", "photo"]
