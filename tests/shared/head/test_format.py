"""head.rlh written and read, also by the viewer's own script in a real browser; and refused where it is damaged."""

from __future__ import annotations

import base64
import gzip
import json
import struct
from dataclasses import replace

import numpy as np
import pytest
from playwright.sync_api import Error, Page

from shared.errors import HeadFormatError
from shared.head.format import MORPH_STEP_MM, STEP_MM, bytes_from_head, head_from_bytes
from shared.head.head import HeadPart, Morph, WholeHead
from shared.viewer import FOLDER
from tests.support.heads import EXPRESSIONS, egg, some_head

PARSED = """async ([script, data]) => {
  const { parseHead, posed } = await import(`data:text/javascript;base64,${script}`);
  const head = parseHead(Uint8Array.from(atob(data), (c) => c.charCodeAt(0)).buffer);
  const [skin] = head.parts;
  const xyz = (axes) => Array.from(axes[0], (x, i) => [x, -axes[1][i], -axes[2][i]]); // y down, z forward again
  return {
    names: head.parts.map(({ name }) => name), neutral: xyz(skin.axes), smiling: xyz(posed(skin, head.weights)),
    corners: [...skin.corners], rgb: [skin.red[5], skin.green[5], skin.blue[5]],
    weights: head.weights, measures: head.measures, landmarks: head.landmarks, expressions: head.expressions,
  };
}"""


def triangle(**changes) -> WholeHead:
    """A head of one triangle, one of whose corners a jaw moves."""
    skin = HeadPart(
        name="skin",
        vertices=np.array([[0, 0, 500], [0, 2.56, 500], [1, 0, 500.02]], np.float32),
        triangles=np.array([[0, 1, 2]], np.int32),
        uv=np.zeros((3, 2), np.float32),
        rgb=np.array([[1, 2, 3], [4, 5, 6], [3, 2, 1]], np.uint8),
        texture=np.zeros((1, 1, 3), np.uint8),
        morphs={"jawOpen": Morph(np.array([1], np.int32), np.array([[0, 1, -0.04]], np.float32))},
    )
    return replace(some_head(), **{"parts": (replace(skin, **changes),)})


def header_of(data):
    (size,) = struct.unpack_from("<I", data, 4)
    return json.loads(data[8 : 8 + size]), data[8 + size :]


def with_header(data, **changes):
    header, planes = header_of(data)
    text = json.dumps(header | changes).encode()
    return data[:4] + struct.pack("<I", len(text)) + text + planes


def with_part(data, **changes):
    header, _ = header_of(data)
    return with_header(data, parts=[header["parts"][0] | changes, *header["parts"][1:]])


def seam_joined(part: HeadPart) -> np.ndarray:
    """(N, 3) the different vertices, in the order in which they come first."""
    _, first = np.unique(part.vertices, axis=0, return_index=True)
    return part.vertices[np.sort(first)]


def test_a_head_survives_its_file_to_the_file_s_own_resolution():
    head = some_head()
    again = head_from_bytes(bytes_from_head(head))
    assert [part.name for part in again.parts] == ["skin", "hair"]
    for before, after in zip(head.parts, again.parts, strict=True):
        np.testing.assert_allclose(after.vertices, seam_joined(before), atol=STEP_MM / 2 + 1e-4)
        places = before.vertices[before.triangles]
        np.testing.assert_allclose(after.vertices[after.triangles], places, atol=STEP_MM / 2 + 1e-4)
        colours = before.rgb[before.triangles]
        np.testing.assert_array_equal(after.rgb[after.triangles], colours)
    assert (again.expressions, again.weights) == (EXPRESSIONS, head.weights)
    np.testing.assert_allclose(again.rotation, head.rotation)
    np.testing.assert_allclose(again.eyes_mm, head.eyes_mm)
    assert [(each.name, each.length_mm, each.error_mm) for each in again.measures] == [
        ("pupils", 63.0, 2.1),
        ("face height", 122.2, 3.4),
    ]
    np.testing.assert_allclose(again.measures[0].ends, head.measures[0].ends)
    assert set(again.landmarks) == set(head.landmarks)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_moves_what_it_moved_before(name):
    head = some_head()
    again = head_from_bytes(bytes_from_head(head))
    before, after = (each.posed(each.parts[0], {name: 1.0})[each.parts[0].triangles] for each in (head, again))
    assert np.abs(before - head.parts[0].vertices[head.parts[0].triangles]).max() > 3
    np.testing.assert_allclose(after, before, atol=STEP_MM / 2 + MORPH_STEP_MM / 2 + 1e-3)


def test_the_planes_lie_where_the_format_says():
    # A step is 0.01 mm. x: 0, 0, 100; y: 0, 256, 0, with a high byte; z: 0, 0, 2: each less the one before it.
    data = bytes_from_head(triangle())
    header, planes = header_of(data)
    assert (header["origin"], header["step"], header["morph_step"]) == ([0, 0, 500], 0.01, 0.04)
    assert header["parts"] == [{"name": "skin", "vertices": 3, "triangles": 1, "morphs": {"jawOpen": 1}}]
    x, y, z = [0, 0, 100, 0, 0, 0], [0, 0, 0, 0, 1, 255], [0, 0, 2, 0, 0, 0]
    red, green, blue = [1, 3, 255], [2, 3, 253], [3, 3, 251]
    corners, moved = [0, 1, 1, 0, 0, 0], [1, 0]
    offsets = [0, 0, 25, 0, 255, 255]  # 0, 1 mm and -0.04 mm
    assert list(planes) == x + y + z + red + green + blue + corners + moved + offsets


def test_lips_that_touch_stay_two_and_a_seam_becomes_one():
    skin = triangle().parts[0]
    doubled = replace(
        skin,
        vertices=np.concatenate([skin.vertices, skin.vertices]),
        triangles=np.array([[0, 1, 2], [3, 4, 5]], np.int32),
        rgb=np.concatenate([skin.rgb, skin.rgb]),
        uv=np.concatenate([skin.uv, skin.uv]),
    )
    [read] = head_from_bytes(bytes_from_head(triangle(**vars(doubled)))).parts
    assert read.triangles.tolist() == [[0, 1, 2], [0, 3, 2]]  # the second corner moves in the first one alone
    assert len(read.vertices) == 4


def test_a_large_head_with_much_hair_and_many_expressions_is_small_on_the_wire():
    head = some_head(rings=100)  # 20,000 vertices a part
    skin, hair = head.parts
    names = tuple(f"{name}{number}" for number in range(11) for name in EXPRESSIONS)
    morphs = {name: skin.morphs[name.rstrip("0123456789")] for name in names}
    noise = np.random.default_rng(3).integers(-9, 9, skin.rgb.shape)
    skin = replace(skin, morphs=morphs, rgb=np.clip(skin.rgb + noise, 0, 255).astype(np.uint8))
    data = bytes_from_head(replace(head, parts=(skin, hair), expressions=names))
    assert len(gzip.compress(data, 6)) < 1_500_000


def test_the_browser_reads_the_same_and_moves_it_alike(page: Page):
    head = some_head(12)
    data = bytes_from_head(head)
    found = page.evaluate(PARSED, [script(), base64.b64encode(data).decode()])
    again = head_from_bytes(data)
    skin = again.parts[0]
    assert found["names"] == ["skin", "hair"]
    np.testing.assert_allclose(found["neutral"], skin.vertices, atol=1e-3)
    np.testing.assert_allclose(found["smiling"], again.posed(skin), atol=1e-3)
    assert np.abs(np.array(found["smiling"]) - found["neutral"]).max() > 1
    assert found["corners"] == skin.triangles.ravel().tolist()
    assert found["rgb"] == skin.rgb[5].tolist()
    assert (found["weights"], tuple(found["expressions"])) == (head.weights, EXPRESSIONS)
    assert found["measures"][0]["error_mm"] == 2.1
    assert found["landmarks"]["chin"] == [10, 80, 620]


def script() -> str:
    return base64.b64encode((FOLDER / "js" / "head.js").read_bytes()).decode()


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda data: data[:-1], "torn"),
        (lambda data: data + b"\0", "torn"),
        (lambda data: b"RLF2" + data[4:], "version"),
        (lambda data: with_part(data, vertices=2), "torn|no vertex"),
        (lambda data: with_part(data, vertices=-3), "torn"),
        (lambda data: data[:-13] + b"\x09" + data[-12:], "no vertex"),
    ],
)
def test_the_browser_refuses_a_damaged_file(page: Page, damage, reason):
    with pytest.raises(Error, match=reason):
        page.evaluate(PARSED, [script(), base64.b64encode(damage(bytes_from_head(triangle()))).decode()])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"vertices": np.full((3, 3), np.nan, np.float32)}, "numbers"),
        ({"vertices": np.zeros((0, 3), np.float32), "triangles": np.zeros((0, 3), np.int32), "morphs": {}}, "vertices"),
        ({"triangles": np.zeros((0, 3), np.int32)}, "0 triangles"),
        ({"morphs": {"winkSlowly": Morph(np.array([1]), np.ones((1, 3)))}}, "expressions"),
    ],
)
def test_what_cannot_be_read_again_is_not_written(changes, reason):
    with pytest.raises(ValueError, match=reason):
        bytes_from_head(triangle(**changes))


def test_a_part_of_too_many_vertices_is_not_written():
    many = egg("hair", (82, 118, 102), (0, 0, 0), rings=182)  # 66,248, and 65,517 without its seam
    large = replace(many, vertices=many.vertices + np.arange(len(many.vertices), dtype=np.float32)[:, None] / 1000)
    with pytest.raises(ValueError, match="66248 vertices; 1 to 65536"):
        bytes_from_head(replace(some_head(), parts=(large,)))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda data: b"", "RLH1"),
        (lambda data: b"RLF2" + data[4:], "RLH1"),
        (lambda data: data[:-1], "bytes"),
        (lambda data: data + b"\0", "bytes"),
        (lambda data: data[:40], "header"),
        (lambda data: data[:4] + b"\xff\xff\xff\xff" + data[8:], "header"),
        (lambda data: with_header(data, parts=[]), "parts"),
        (lambda data: with_header(data, parts=7), "header"),
        (lambda data: with_header(data, parts=header_of(data)[0]["parts"] * 2), "parts"),
        (lambda data: with_part(data, name="beard"), "parts"),
        (lambda data: with_part(data, name=["skin"]), "header|parts"),
        (lambda data: with_part(data, vertices=4), "bytes"),
        (lambda data: with_part(data, vertices=0), "0 vertices"),
        (lambda data: with_part(data, vertices=-3), "-3 vertices"),
        (lambda data: with_part(data, vertices=70_000), "70000 vertices"),
        (lambda data: with_part(data, triangles=10**9), "triangles"),
        (lambda data: with_part(data, triangles=1e400), "header"),
        (lambda data: with_part(data, morphs={"jawOpen": 4}), "moved"),
        (lambda data: with_part(data, morphs={"jawOpen": -1}), "moved"),
        (lambda data: with_part(data, morphs={"winkSlowly": 1}), "expressions"),
        (lambda data: with_header(data, step=0), "step"),
        (lambda data: with_header(data, morph_step=float("nan")), "header"),
        (lambda data: with_header(data, origin=[0, 0]), "header"),
        (lambda data: with_header(data, origin=[0, 0, 1e300]), "header"),
        (lambda data: with_header(data, eyes_mm=[0, 0, float("inf")]), "header"),
        (lambda data: with_header(data, weights=[]), "header"),
        (lambda data: with_header(data, weights={"jawOpen": "much"}), "header"),
        (lambda data: with_header(data, measures=[{"name": "pupils"}]), "header"),
        (lambda data: with_header(data, landmarks={str(k): [0, 0, 0] for k in range(1001)}), "1001 names"),
        (lambda data: data[:-13] + b"\x09" + data[-12:], "index 10"),  # a corner
        (lambda data: data[:-8] + b"\x09" + data[-7:], "index 9"),  # a moved vertex
    ],
)
def test_a_damaged_file_is_refused_with_its_reason(damage, reason):
    with pytest.raises(HeadFormatError, match=reason):
        head_from_bytes(damage(bytes_from_head(triangle())))
