"""The page of a shared job, as those see it who draw a card of its link: without scripts, without cookies."""

import io
from html.parser import HTMLParser

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from shared.jobs.record import Stage
from tests.support.fronts import serving
from tests.support.requests import API, finish_stage, upload


class Card(HTMLParser):
    """The meta tags of a page, by property or name."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "meta" and (name := given.get("property") or given.get("name")):
            self.tags[name] = given["content"]


@pytest.fixture
def shared(client, store, storage, portrait) -> dict:
    """A job of the client that has depth map, 3D model, meshes and a link, with that link."""
    job = upload(client, portrait, steps="depth,model,export").json()
    finish_stage(store, storage, Stage.DEPTH, "depth.png")
    finish_stage(store, storage, Stage.MODEL, "cloud.rlf")
    finish_stage(store, storage, Stage.EXPORT, "preview.jpg")
    return job | client.post(f"{API}/jobs/{job['id']}/share").json()


def test_a_crawler_finds_a_picture_that_it_can_load_and_its_size(shared, stranger):
    answer = httpx.get(shared["url"], headers={"User-Agent": "facebookexternalhit/1.1"})
    card = Card(answer.text).tags
    assert answer.status_code == 200
    assert (card["og:url"], card["og:type"]) == (shared["url"], "website")
    assert card["og:title"] and card["og:description"] and card["og:image:alt"]
    assert (card["og:image:width"], card["og:image:height"]) == ("1200", "630")
    assert card["twitter:card"] == "summary_large_image"
    picture = httpx.get(card["og:image"])
    assert (picture.status_code, picture.headers["Content-Type"]) == (200, card["og:image:type"])
    assert httpx.head(shared["url"]).status_code == 200


def test_the_card_tells_nothing_of_the_job_and_no_search_engine_keeps_it(shared):
    answer = httpx.get(shared["url"])
    assert shared["id"] not in answer.text
    assert Card(answer.text).tags["robots"] == "noindex, nofollow"
    for url in (shared["url"], Card(answer.text).tags["og:image"]):
        headers = httpx.get(url).headers
        assert headers["X-Robots-Tag"] == "noindex, nofollow"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "public" not in headers["Cache-Control"]
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def test_a_link_that_is_revoked_or_whose_job_is_deleted_is_the_plain_page_with_404(client, shared, url):
    plain = httpx.get(url)
    assert "X-Robots-Tag" not in plain.headers and "og:title" not in Card(plain.text).tags
    client.delete(f"{API}/jobs/{shared['id']}/share")
    again = client.post(f"{API}/jobs/{shared['id']}/share").json()["url"]
    client.delete(f"{API}/jobs/{shared['id']}")
    for gone in (shared["url"], again, f"{url}/s/share-never-was-one", f"{url}/s/{shared['id']}"):
        answer = httpx.get(gone)
        assert (answer.status_code, answer.text) == (404, plain.text)
        assert httpx.head(gone).status_code == 404


def test_a_job_without_pictures_of_its_3d_model_has_a_card_with_its_photo(client, job):
    card = Card(httpx.get(client.post(job["links"]["share"]).json()["url"]).text).tags
    assert card["og:title"] and card["og:image:alt"] == "A photo of a face" and "og:image:width" not in card
    assert card["twitter:card"] == "summary"
    picture = httpx.get(card["og:image"])
    assert (picture.status_code, picture.headers["Content-Type"]) == (200, card["og:image:type"])
    assert max(Image.open(io.BytesIO(picture.content)).size) <= 320


def test_behind_a_proxy_the_card_s_urls_have_the_proxy_s_scheme_and_host(store, settings, storage, portrait):
    public = {"Host": "relief.example.org", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    behind = settings.model_copy(update={"behind_proxy": True, "hosts": ("relief.example.org",)})
    with serving(behind) as url, httpx.Client(base_url=url, headers=public) as client:
        job = upload(client, portrait, steps="depth,model,export").json()
        finish_stage(store, storage, Stage.DEPTH, "depth.png")
        finish_stage(store, storage, Stage.MODEL, "cloud.rlf")
        finish_stage(store, storage, Stage.EXPORT, "preview.jpg")
        token = store.jobs.share(job["id"])
        card = Card(client.get(f"/s/{token}").text).tags
        assert card["og:url"] == f"https://relief.example.org/s/{token}"
        assert card["og:image"].startswith(f"https://relief.example.org{API}/jobs/{token}/results/preview.jpg")
        assert client.get(f"/s/{token}", headers={"Host": "evil.example"}).status_code == 421


@pytest.mark.parametrize("form", ["{url}/s/{token}", "{url}/s/{token}#view=0,0,1", "{url}/#job={token}"])
def test_the_page_shows_the_job_of_a_link_in_its_new_form_and_in_the_old_one(form, shared, url, page: Page):
    page.goto(form.format(url=url, token=shared["token"]))
    expect(page.get_by_role("link", name="Make your own")).to_be_visible()
    expect(page.locator("#photo-image")).to_be_visible()
    page.goto("about:blank")


def test_the_page_leaves_the_path_of_a_link_that_leads_nowhere(url, store, page: Page):
    page.goto(f"{url}/s/share-never-was-one")
    expect(page.locator("#error-title")).to_contain_text("not here")
    expect(page).to_have_url(f"{url}/")
    page.goto("about:blank")
