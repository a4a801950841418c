"""The interactive 3D view: one set of scripts and styles for the web page and for the self-contained view.html.

The scripts are ES modules that a browser loads as they are; view.html carries them joined to one, since a page that is
opened from disk may not import others.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import math
import re
from dataclasses import asdict
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TypeVar

from shared.cloud.format import bytes_from_cloud
from shared.cloud.pointcloud import PointCloud
from shared.head.accuracy import ACCURACY, SizeSource
from shared.options import Color

FOLDER = Path(__file__).parent
PLOTLY = FOLDER / "vendor" / "plotly-gl3d.min.js"  # from npm: plotly.js-gl3d-dist-min, MIT
# By name, for a web server; viewer.js and viewer.css are to be loaded.
STATIC_FILES = {path.name: path for kind in ("js/*.js", "html/*.css", "vendor/*.css") for path in FOLDER.glob(kind)}
SCRIPTS = sorted(name for name in STATIC_FILES if name.endswith(".js") and name != "standalone.js")  # the page's
MARK = "\0"  # stands in no text of the page
Data = TypeVar("Data")
HEAD = '<script id="head" type="text/plain">{}</script>\n'
IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./([^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export ((?:async )?(?:const|function|class) (\w+))", re.MULTILINE)


def view_html(
    cloud: PointCloud, *, title: str, color: Color, head: bytes | None = None, size_from: SizeSource | None = None
) -> str:
    """A page that shows the cloud in 3D from disk: plotly.js, the viewer and the data are inside, nothing is fetched.

    Args:
        cloud: what to show.
        title: plain text; it is escaped.
        color: the colour to begin with; the page can change it.
        head: of the same person, in the format of `shared.head.format`.
        size_from: what the size of the face is known from; without it, what is measured has no error.
    Raises:
        ValueError: the cloud has no points.
    """
    data = [_packed(bytes_from_cloud(cloud)), "" if head is None else _packed(head)]
    return _page(title, color, size_from, *data)


def view_bytes(cloud_bytes: int, head_bytes: int = 0, *, color: Color, size_from: SizeSource | None = None) -> int:
    """Size of the page of a cloud and a head that have so many bytes when packed by gzip; its title is "Relief"."""
    head = len(HEAD.format("")) + 4 * math.ceil(head_bytes / 3) if head_bytes else 0
    return _empty_page_bytes(color, size_from) + 4 * math.ceil(cloud_bytes / 3) + head


def view_parts(
    cloud: Data, head: Data | None, *, color: Color, size_from: SizeSource | None = None
) -> list[bytes | Data]:
    """The page whose size `view_bytes` gives, in parts: texts, among them cloud and head as they are given.

    Where they stand, the page needs what `view_html` puts there: the formats' bytes, packed by gzip, in base64. The
    texts are the same objects each time.
    """
    texts = _texts(color, size_from, head is not None)
    data: list[bytes | Data] = [_plotly(), cloud, *([head] if head else [])]
    return [texts[0], *chain.from_iterable(zip(data, texts[1:], strict=True))]


@cache
def _texts(color: str, size_from: SizeSource | None, has_head: bool) -> list[bytes]:
    """What stands before, between and behind plotly.js, cloud and head."""
    page = _page("Relief", color, size_from, MARK, MARK if has_head else "", plotly=MARK)
    return [text.encode() for text in page.split(MARK)]


def _page(
    title: str, color: str, size_from: SizeSource | None, cloud: str, head: str, *, plotly: str | None = None
) -> str:
    accuracy = json.dumps(asdict(ACCURACY[size_from]) if size_from else None)
    return _file("html/view.html").format(
        title=html.escape(title),
        color=html.escape(color),
        accuracy=html.escape(accuracy),
        css=_file("html/viewer.css") + _file("html/standalone.css"),
        plotly=plotly or _plotly().decode(),
        cloud=cloud,
        head=head and HEAD.format(head),
        script=_script(),
    )


@cache
def _empty_page_bytes(color: str, size_from: SizeSource | None) -> int:
    return len(_page("Relief", color, size_from, "", "").encode())


def _packed(data: bytes) -> str:
    """The bytes as gzip in base64, which no HTML parser can mistake for markup."""
    return base64.b64encode(gzip.compress(data, 6, mtime=0)).decode("ascii")


def plotly_js() -> bytes:
    """plotly.js with its 3D traces alone."""
    return PLOTLY.read_bytes()


def plotly_version() -> str:
    """The version that plotly.js tells of itself, such as 4.1.1."""
    found = re.search(rb"plotly\.js \(gl3d - minified\) v([\d.]+)", plotly_js()[:200])
    if found is None:
        raise RuntimeError(f"{PLOTLY} does not begin as plotly.js does")
    return found[1].decode()


@cache
def _plotly() -> bytes:
    return _packed(plotly_js()).encode()


@cache
def _script() -> str:
    """All modules as one script, each behind those that it imports, in a function of its own that gives its exports."""
    joined: dict[str, str] = {}

    def join(name: str) -> None:
        text = _file(f"js/{name}")
        for _, imported in IMPORT.findall(text):
            if imported not in joined:
                join(imported)
        exported = ", ".join(name for _, name in EXPORT.findall(text))
        body = EXPORT.sub(r"\1", IMPORT.sub(r'const \1 = modules["\2"];\n', text))
        joined[name] = f'modules["{name}"] = (() => {{\n{body}\nreturn {{ {exported} }};\n}})();'

    join("standalone.js")
    return "\n".join(["const modules = {};", *joined.values()])


@cache
def _file(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")
