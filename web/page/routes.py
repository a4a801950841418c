"""The page, and the static files that it loads; nothing comes from elsewhere."""

from __future__ import annotations

import gzip
import json
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path

from flask import Flask, Response, current_app, render_template, request, send_file, url_for
from werkzeug.exceptions import NotFound

from shared import viewer
from shared.errors import JobNotFoundError
from shared.head.accuracy import ACCURACY
from shared.jobs.record import Job, State
from shared.options import PUPIL_DISTANCE_MM
from shared.results import (
    ARCHIVE,
    CLOUD,
    DEPTH_IMAGE,
    GLB,
    HEAD,
    HEAD_GLB,
    HEAD_USDZ,
    METRIC_IMAGE,
    PREVIEW,
    ROUGH,
    THUMBNAIL,
)
from shared.turntable import PREVIEW_SIZE_WH
from web.access import owner
from web.api.documents import share_url
from web.page.stills import stills
from web.pieces import Pieces, Text
from web.rates import Rate
from web.services import services

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)
PERMISSIONS = "camera=(self), microphone=(), geolocation=(), display-capture=(), usb=(), payment=()"
SPACE_FILES = {"quick_look": [HEAD_USDZ], "scene_viewer": [HEAD_GLB, GLB]}  # of viewers in space; the best first
SHARED_PATH = "/s/"  # and the token of a shared job
JAVASCRIPT = "text/javascript"
FOR_SEARCH = ("page", "docs", "static")  # endpoints; all else is somebody's, or for programs
YEAR_S = 365 * 24 * 3600
PLOTLY_URL = f"/plotly-{viewer.plotly_version()}.min.js"  # the version is in the name, so it may be kept for a year


@dataclass(frozen=True)
class Preview:
    """What a card of a shared job's link shows: absolute URLs of its page and its picture.

    whole: whether the picture shows the 3D model beside the photo; it does not before the export stage.
    """

    page_url: str
    image_url: str
    whole: bool
    image_wh: tuple[int, int] = PREVIEW_SIZE_WH


def register(app: Flask) -> None:
    """Add the page and its files to the application."""
    app.add_url_rule("/", "page", page)
    app.add_url_rule(f"{SHARED_PATH}<token>", "shared_page", shared_page)
    app.add_url_rule(PLOTLY_URL, "plotly_js", plotly_js)
    app.add_url_rule("/viewer/<path:filename>", "viewer_static", viewer_static)
    Rate.UNCOUNTED(app.view_functions["static"])
    app.after_request(add_security_headers)


@Rate.UNCOUNTED
def page() -> str:
    """The page: upload, depth map, 3D view. It sets the cookie, so that all photos sent from it have one owner."""
    return _page()


def shared_page(token: str) -> tuple[str, int]:
    """The page that shows a shared job, with a preview for whoever draws a card of its link and runs no script."""
    try:
        job = services().jobs.shared(token)
    except JobNotFoundError:
        return _page(), 404
    if job.state is State.CANCELED:
        return _page(), 404
    return _page(preview=_preview(job, token)), 200


def _preview(job: Job, token: str) -> Preview:
    """What a card of the link shows; nothing of the job but its picture."""
    url = partial(url_for, "results.download", job_id=token, _external=True)
    if file := job.files.get(PREVIEW):
        return Preview(share_url(token), url(name=PREVIEW, run=file.folder), whole=True)
    return Preview(share_url(token), url(name=THUMBNAIL), whole=False)


def _page(preview: Preview | None = None) -> str:
    owner()
    images = {"depth_image": DEPTH_IMAGE, "metric_image": METRIC_IMAGE}
    files = images | {"rough": ROUGH, "cloud": CLOUD, "head": HEAD, "archive": ARCHIVE}
    numbers = {"upload_mb": services().settings.upload_mb, "pupil_distance_mm": PUPIL_DISTANCE_MM}
    accuracy = json.dumps({source: asdict(each) for source, each in ACCURACY.items()})
    return render_template(
        "index.html",
        **numbers,
        **files,
        accuracy=accuracy,
        stills=json.dumps(stills()),
        preview=preview,
        shared_path=SHARED_PATH,
        modules=_modules(with_viewer=preview is not None),  # who begins with a photo needs it later
        space=json.dumps(SPACE_FILES),
    )


@Rate.UNCOUNTED
def viewer_static(filename: str) -> Response:
    """A script or style of the viewer."""
    if filename not in viewer.STATIC_FILES:
        raise NotFound
    return send_file(viewer.STATIC_FILES[filename], conditional=True)


@Rate.UNCOUNTED
def plotly_js() -> Response:
    """plotly.js, compressed once per process; who reads it slowly holds no copy."""
    if "gzip" in request.accept_encodings:
        shared = Text(_plotly_gzip())
        response = send_file(Pieces([shared]), JAVASCRIPT)  # type: ignore[arg-type]
        response.content_length = shared.size_bytes
        response.headers["Content-Encoding"] = "gzip"
    else:
        response = send_file(viewer.PLOTLY, JAVASCRIPT)
    response.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable"
    response.headers["Vary"] = "Accept-Encoding"
    return response


def add_security_headers(response: Response) -> Response:
    """What every answer tells the browser not to do."""
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    if request.endpoint not in FOR_SEARCH:
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Permissions-Policy"] = PERMISSIONS
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = f"max-age={YEAR_S}"
    return response


def _modules(*, with_viewer: bool) -> list[str]:
    """URLs of the scripts: those that the page names are loaded at once, not each when another one imports it."""
    page = [url_for("static", filename=name) for name in _page_scripts()]
    return page + [url_for("viewer_static", filename=name) for name in viewer.SCRIPTS if with_viewer]


@cache
def _page_scripts() -> list[str]:
    return sorted(path.name for path in Path(str(current_app.static_folder)).glob("*.js"))


@cache
def _plotly_gzip() -> bytes:
    return gzip.compress(viewer.plotly_js(), 9)
