"""What the view says of itself to those who do not see it."""

import re
from dataclasses import replace

from playwright.sync_api import expect

from tests.shared.viewer.opened import choose, dome, opened
from tests.support.heads import some_head


def test_the_view_says_what_it_shows_how_large_it_is_and_from_where(page, tmp_path):
    opened(page, tmp_path, dome(), fragment="0,0,1,0,0,0", head=some_head())
    stage = page.get_by_role("application")
    points = r"8,4\d\d points of a face, 2\d\d mm wide, 1\d\d mm high, and \d\d mm deep, lighter is nearer"
    expect(stage).to_have_accessible_description(re.compile(rf"^{points}; seen from the front\.$"))
    choose(page, "mode", "surface")
    expect(stage).to_have_accessible_description(re.compile("^A surface through 8,4"))
    stage.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(stage).to_have_accessible_description(re.compile(r"seen from \d+° (left|right) of the front\.$"))
    page.get_by_role("button", name="Reset view").click()
    choose(page, "mode", "head")
    choose(page, "color", "photo")
    expect(stage).to_have_accessible_description(
        re.compile("^A whole head, .* mm high, .* in the photo's colours; seen")
    )
    page.get_by_role("button", name="Hair").click()
    expect(stage).to_have_accessible_description(re.compile("^A whole head without its hair"))


def test_a_view_without_a_known_scale_says_so(page, tmp_path):
    opened(page, tmp_path, replace(dome(), unit="relative"))
    expect(page.get_by_role("application")).to_have_accessible_description(re.compile("of unknown size"))
