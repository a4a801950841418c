"""While it turns slowly, surfaces and heads are drawn with fewer triangles; nobody sees a hole, and at rest all are."""

from __future__ import annotations

import base64
import json
from collections import Counter

import numpy as np
import pytest

from shared.cloud.format import bytes_from_cloud
from tests.shared.viewer.looking import bright, changed, let_go, turn_until
from tests.shared.viewer.opened import choose, dome, opened, picture, script, settle
from tests.support.heads import some_head

# Each frame takes 90 ms more, and its triangles that are drawn by their indices are counted.
SLOW_DRAWING = """() => {
  const { gl, objects: [object] } = document.querySelector(".rv-graph")._fullLayout.scene._scene.glplot;
  const { draw } = object;
  object.draw = (camera) => {
    const end = performance.now() + 90;
    while (performance.now() < end);
    window.drawn = 0;
    draw.call(object, camera);
  };
  const { drawElements } = gl;
  gl.drawElements = (...call) => {
    window.drawn += call[1] / 3;
    drawElements.apply(gl, call);
  };
}"""
OWN_TRIANGLES = """() => document.querySelector(".rv-graph")._fullLayout.scene._scene.glplot.objects
  .map(({ triangleCount }) => triangleCount).reduce((sum, count) => sum + count)"""
SIZE = "() => { const canvas = document.querySelector('.gl-container canvas'); return [canvas.width, canvas.height] }"
COARSER = """async ([cloud, shape, mesh, data, factor]) => {
  const [{ parseCloud, pointsFromCloud }, { triangles }, { coarser }] = await Promise.all(
    [cloud, shape, mesh].map((script) => import(`data:text/javascript;base64,${script}`)),
  );
  const parsed = parseCloud(Uint8Array.from(atob(data), (c) => c.charCodeAt(0)).buffer);
  const points = pointsFromCloud(parsed);
  const { i, j, k } = triangles(parsed, points);
  const fine = Array.from(i, (_, t) => [i[t], j[t], k[t]]).flat();
  return JSON.stringify([fine, [...coarser({ i, j, k }, [points.x, points.y, points.z], factor)]]);
}"""


def rim(triangles: np.ndarray) -> set[tuple[int, int]]:
    """The edges that an odd number of triangles has."""
    edges = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    return {edge for edge, count in Counter(map(tuple, edges.tolist())).items() if count % 2}


@pytest.mark.parametrize("mode", ["surface", "head"])
def test_fewer_triangles_are_drawn_while_it_turns_slowly_and_all_of_them_at_rest(page, tmp_path, mode):
    opened(page, tmp_path, dome(), head=some_head(rings=60))
    page.add_style_tag(content=".rv-hint, .rv-icons, h1 { visibility: hidden }")
    choose(page, "mode", mode)
    page.wait_for_function(f"({OWN_TRIANGLES})() > 500")
    settle(page)
    everything, size, before = page.evaluate(OWN_TRIANGLES), page.evaluate(SIZE), picture(page)
    page.evaluate(SLOW_DRAWING)
    turn_until(page, f"0 < window.drawn && window.drawn < {everything / 3}")
    settle(page)
    assert page.evaluate(OWN_TRIANGLES) < 1
    assert (bright(page) == (before.max(axis=-1) > 60)).mean() > 0.98, "the silhouette stays, and has no holes"
    assert changed(before, picture(page)) < 0.05
    let_go(page)
    assert page.evaluate(OWN_TRIANGLES) == everything
    assert page.evaluate(SIZE) == size
    assert changed(before, picture(page)) < 0.01


@pytest.mark.parametrize("factor", [1.5, 4])
def test_a_coarser_mesh_has_the_same_rim_and_no_hole(page, factor):
    scripts = [script(f"{name}.js") for name in ("cloud", "shape", "mesh")]
    data = base64.b64encode(bytes_from_cloud(dome())).decode()
    fine, coarse = (
        np.array(corners).reshape(-1, 3) for corners in json.loads(page.evaluate(COARSER, [*scripts, data, factor]))
    )
    assert len(coarse) < len(fine) / factor
    assert rim(coarse) == rim(fine)
