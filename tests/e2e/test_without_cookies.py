"""A browser that keeps no cookies, nor anything else, for the page."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import PORTRAIT
from tests.support.browser import open_chromium
from tests.support.page_actions import JOB_MS, TILES, choose_photo, job_of, open_page, see_model

BLOCKED = {"profile": {"default_content_setting_values": {"cookies": 2}}}


@pytest.fixture
def forgetful(playwright, stack, tmp_path) -> Iterator[Page]:
    profile = tmp_path / "Default"
    profile.mkdir()
    (profile / "Preferences").write_text(json.dumps(BLOCKED))
    context = open_chromium(playwright, str(tmp_path))
    yield open_page(context.new_page(), stack.url)
    context.close()


def test_a_browser_without_cookies_makes_sees_and_deletes_a_face(forgetful):
    assert forgetful.evaluate("document.cookie = 'a=1', document.cookie") == ""
    choose_photo(forgetful, PORTRAIT)
    forgetful.locator("#generate-all").click()
    see_model(forgetful)
    expect(forgetful.locator("#photo-image")).to_be_visible()
    expect(forgetful.locator(TILES)).to_have_count(1)
    expect(forgetful.locator("#no-cookies")).to_be_visible(timeout=JOB_MS)
    forgetful.reload()
    see_model(forgetful)
    assert job_of(forgetful)["id"].startswith("own-")
    forgetful.once("dialog", lambda dialog: dialog.accept())
    forgetful.get_by_role("button", name="Delete", exact=True).click()
    expect(forgetful.locator("#intro")).to_be_visible()


def test_a_browser_without_cookies_is_told_why_a_job_is_not_shown(forgetful, stack):
    forgetful.goto("about:blank")
    forgetful.goto(f"{stack.url}/#job={'feed' * 8}")
    expect(forgetful.locator("#error-detail")).to_contain_text("keeps no cookies")
