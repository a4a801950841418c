"""The whole of Relief, as `make run` starts it, for the tests of this folder."""

import re
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from stack.local import Stack
from tests.conftest import PORTRAIT
from tests.support.page_actions import JOB_MS, choose_photo, generate_depth, generate_model, open_page, start_depth


@pytest.fixture
def client(stack: Stack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack.url, timeout=60) as client:
        yield client


@pytest.fixture
def opened(page: Page, stack: Stack) -> Iterator[Page]:
    """The page, just opened; a request to anywhere else, or a breach of the security policy, fails the test."""
    elsewhere, breaches = [], []
    page.on(
        "request",
        lambda request: request.url.startswith((stack.url, "blob:", "data:")) or elsewhere.append(request.url),
    )
    page.on("console", lambda message: "Content Security Policy" in message.text and breaches.append(message.text))
    open_page(page, stack.url)
    yield page
    leave(page, stack.url)
    assert elsewhere == []
    assert breaches == []


@pytest.fixture
def opened_face(opened: Page) -> Page:
    """The page with a photo, its depth map and its 3D model."""
    start_depth(opened)
    expect(opened.locator("#generate-model")).to_be_enabled(timeout=JOB_MS)
    generate_model(opened)
    return opened


@pytest.fixture
def visitor(visit: Callable[..., Page], stack: Stack) -> Iterator[Page]:
    """The page as a new visitor sees it, in a browser of its own."""
    page = open_page(visit(), stack.url)
    yield page
    leave(page, stack.url)


def leave(page: Page, url: str) -> None:
    """Cancel what still goes on for this visitor, so that no other test waits for it."""
    for job in page.request.get(f"{url}/api/v1/jobs?limit=100").json()["jobs"]:
        if "cancel" in job["links"]:
            page.request.post(f"{url}{job['links']['cancel']}")


@pytest.fixture
def face(visitor: Page) -> Page:
    """A visitor's page with a photo, its depth map, its 3D model and its meshes."""
    choose_photo(visitor, PORTRAIT)
    generate_depth(visitor)
    generate_model(visitor)
    expect(visitor.get_by_role("link", name=re.compile("3D model, GLB"))).to_be_visible(timeout=JOB_MS)
    return visitor
