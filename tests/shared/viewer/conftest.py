"""The dome's view.html, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.shared.viewer.opened import dome, opened, settle


@pytest.fixture
def view(page: Page, tmp_path: Path) -> Iterator[Page]:
    """The dome's view.html, opened from disk and drawn; a request to anywhere else fails the test."""
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    path = opened(page, tmp_path, dome())
    page.add_style_tag(content=".rv-hint, h1 { visibility: hidden }")
    settle(page)
    yield page
    assert [url for url in requests if url != path.as_uri() and not url.startswith(("blob:", "data:"))] == []
