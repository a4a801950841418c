"""Dumps the CSS that plotly.js puts into every page: `python -m tests.shared.viewer.plotly_css` after an upgrade.

A strict Content-Security-Policy forbids plotly.js to add its styles itself; the page links this copy instead.
"""

from __future__ import annotations

import tempfile

from playwright.sync_api import Page, sync_playwright

from shared.viewer import STATIC_FILES, plotly_js
from tests.support.browser import open_chromium

TARGET = STATIC_FILES["plotly.css"]
HEADER = "/* Written by tests/shared/viewer/plotly_css.py: what plotly.js adds to a page; do not edit. */\n"


def injected_css(page: Page) -> str:
    """The rules that our plotly.js adds to an empty page, one on a line."""
    page.goto("about:blank")
    page.add_script_tag(content=plotly_js().decode())
    rules = page.evaluate(
        "[...document.getElementById('plotly.js-style-global').sheet.cssRules].map((rule) => rule.cssText)"
    )
    return HEADER + "".join(f"{rule}\n" for rule in rules)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        context = open_chromium(playwright, folder)
        TARGET.write_text(injected_css(context.new_page()), "utf-8")
        context.close()
