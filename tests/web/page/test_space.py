"""View in space: on devices that can. The tests say what the device is, since no such device is here."""

import time
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import CDPSession, Page, expect

from shared.jobs.record import Stage
from tests.support.fronts import serving
from tests.support.requests import finish_stage, upload

QUICK_LOOK = """
  const supports = DOMTokenList.prototype.supports;
  DOMTokenList.prototype.supports = function (token) { return token === "ar" || supports.call(this, token); };
"""
PIXEL = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36"
)
HOST = "relief.example.org"


@pytest.fixture
def public(store, settings):
    """A front that is reached by a name, behind a proxy with TLS."""
    with serving(settings.model_copy(update={"behind_proxy": True, "hosts": (HOST,)})) as url:
        yield url


def shared_path(url, store, storage, portrait, *heads: str, export=()) -> str:
    with httpx.Client(base_url=url) as client:
        job = upload(client, portrait).json()
    finish_stage(store, storage, Stage.DEPTH, "depth.png")
    finish_stage(store, storage, Stage.MODEL, "cloud.ply")
    finish_stage(store, storage, Stage.HEAD, *heads)
    finish_stage(store, storage, Stage.EXPORT, *export)
    return f"/s/{store.jobs.share(job['id'])}"


def proxied(page: Page, url: str) -> None:
    """Let the page reach the front by its public name, as a proxy with TLS does."""

    def pass_on(route):
        asked = urlsplit(route.request.url)
        headers = route.request.headers | {"host": HOST, "x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.7"}
        route.fulfill(response=route.fetch(url=f"{url}{asked.path}?{asked.query}", headers=headers))

    page.route(f"https://{HOST}/**", pass_on)


def become_android(page: Page) -> CDPSession:
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setUserAgentOverride", {"userAgent": PIXEL})
    return session


def navigations(session: CDPSession) -> list[str]:
    """The URLs of apps that the page asks to open, as they come."""
    opened: list[str] = []
    session.send("Page.enable")
    session.on("Page.frameRequestedNavigation", lambda event: opened.append(event["url"]))
    return opened


def test_where_quick_look_is_the_usdz_is_a_link_whose_one_child_is_a_picture(url, store, storage, portrait, page):
    path = shared_path(url, store, storage, portrait, "head.glb", "head.usdz")
    page.add_init_script(QUICK_LOOK)
    page.goto(url + path)
    link = page.get_by_role("link", name="View in space")
    expect(link).to_be_visible()
    assert link.get_attribute("rel") == "ar"
    assert link.evaluate("(link) => [...link.childNodes].map((node) => node.nodeName)") == ["IMG"]
    file = httpx.get(url + link.get_attribute("href"))
    assert (file.status_code, file.headers["Content-Type"]) == (200, "model/vnd.usdz+zip")
    page.goto("about:blank")


@pytest.mark.parametrize("name", ["head.glb", "face.glb"])
def test_on_android_scene_viewer_gets_a_link_to_the_best_file_that_opens_without_cookies(
    name, public, store, storage, portrait, page
):
    heads = ("head.glb", "head.usdz") if name == "head.glb" else ()
    path = shared_path(public, store, storage, portrait, *heads, export=("face.glb",))
    proxied(page, public)
    opened = navigations(become_android(page))
    page.goto(f"https://{HOST}{path}")
    page.get_by_role("link", name="View in space").click()
    deadline = time.monotonic() + 10
    while not opened and time.monotonic() < deadline:
        page.wait_for_timeout(50)  # events come meanwhile
    [intent] = map(urlsplit, opened)
    assert (intent.scheme, intent.netloc, intent.path) == ("intent", "arvr.google.com", "/scene-viewer/1.0")
    assert "scheme=https" in intent.fragment and intent.fragment.endswith("end;")
    [file] = parse_qs(intent.query)["file"]
    assert file.startswith(f"https://{HOST}/") and file.endswith(name)
    answer = httpx.get(f"{public}{urlsplit(file).path}", headers={"Host": HOST, "X-Forwarded-Proto": "https"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "model/gltf-binary")
    page.goto("about:blank")


def test_elsewhere_nothing_is_shown_or_loaded_for_it(url, store, storage, portrait, page):
    path = shared_path(url, store, storage, portrait, "head.glb", "head.usdz")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url + path)
    expect(page.get_by_role("link", name="Whole head, USDZ")).to_be_visible()
    expect(page.get_by_role("link", name="View in space")).to_have_count(0)
    assert not [each for each in asked if "space.svg" in each]
    become_android(page)  # without TLS, which Scene Viewer needs
    page.reload()
    expect(page.get_by_role("link", name="Whole head, GLB")).to_be_visible()
    expect(page.get_by_role("link", name="View in space")).to_have_count(0)
    page.goto("about:blank")
