/**
 * Everything that reaches into plotly.js beyond its public API, in one place; tests/viewer opens each of them.
 *
 * Every function does nothing where the internals are not as in plotly.js 4: the view then is slower, not broken.
 */

const MARKER_PX = 1.75; // side of a square marker of size 1, in CSS pixels

/** The WebGL scene of a graph, or null before the first draw. @param {PlotlyGraph} graph */
function sceneOf(graph) {
  return graph?._fullLayout?.scene?._scene ?? null;
}

/** What the scene draws, one object a trace. @param {PlotlyGraph} graph @returns {Drawn[]} */
function objectsOf(graph) {
  return sceneOf(graph)?.glplot?.objects ?? [];
}

/** True while something stands in the scene, and its WebGL context was not lost. @param {PlotlyGraph} graph */
export function isDrawn(graph) {
  return objectsOf(graph).length > 0 && !sceneOf(graph).glplot.contextLost;
}

/**
 * Leave a lost context to recovery.js: Plotly would ask in each frame whether the same canvas has it again, and throw
 * once that canvas is gone.
 * @param {PlotlyGraph} graph
 */
export function leaveRecovery(graph) {
  const glplot = sceneOf(graph)?.glplot;
  if (glplot) glplot.oncontextloss = null;
}

/**
 * Move the camera without a relayout: a matrix, no more. False where that cannot be done.
 * @param {PlotlyGraph} graph @param {number[][]} pose eye, center, up
 */
export function lookAt(graph, [eye, center, up]) {
  const camera = sceneOf(graph)?.camera;
  if (!camera?.lookAt) return false;
  camera.lookAt(eye, center, up);
  return true;
}

/**
 * Draw no hover targets while the view turns: gl-plot3d calls `drawPick` on every object for each new camera, a second
 * drawing of everything that nobody sees.
 * @param {PlotlyGraph} graph
 */
export function hideFromHover(graph) {
  for (const object of objectsOf(graph)) object.drawPick = null;
}

/**
 * Draw only the first points. gl-scatter3d draws `vertexCount` vertices from buffers that hold all of them.
 * @param {PlotlyGraph} graph @param {number} count
 */
export function thinPoints(graph, count) {
  for (const object of objectsOf(graph)) {
    if (!object.pointCount || !object.vertexCount) continue;
    object.fullVertexCount ??= object.vertexCount;
    const perPoint = object.fullVertexCount / object.pointCount;
    object.vertexCount = Math.min(object.fullVertexCount, Math.round(count * perPoint));
  }
}

/**
 * Draw other triangles of a mesh3d trace, between the vertices that it has.
 *
 * gl-mesh3d draws `triangleCount` triangles from buffers of three vertices each, right after it has bound these. So the
 * others are drawn then, by their indices in these buffers, and of its own it has none to draw.
 * @param {PlotlyGraph} graph @param {string} uid of the trace @param {Uint32Array | null} slots places of their corners
 *   in these buffers; null: all of its own
 */
export function thinMesh(graph, uid, slots) {
  const mesh = sceneOf(graph)?.traces?.[uid]?.mesh;
  const { gl, triangleVAO: vertices } = mesh ?? {};
  if (mesh) refineMesh(mesh);
  if (!slots || !mesh?.triangleCount || !vertices?.bind || !gl.getExtension("OES_element_index_uint")) return;
  const indices = gl.createBuffer();
  const bind = vertices.bind.bind(vertices);
  vertices.bind = () => {
    bind();
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, indices);
    gl.drawElements(gl.TRIANGLES, slots.length, gl.UNSIGNED_INT, 0);
  };
  bind();
  gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, indices);
  gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, slots, gl.STATIC_DRAW);
  vertices.unbind();
  mesh.thinned = { indices, triangleCount: mesh.triangleCount };
  mesh.triangleCount = Number.MIN_VALUE; // more than none, or it binds nothing; WebGL takes three of it for 0
}

/** Undo `thinMesh`. @param {Drawn} mesh */
function refineMesh(mesh) {
  if (!mesh.thinned) return;
  delete mesh.triangleVAO?.bind; // the prototype's is under it
  mesh.triangleCount = mesh.thinned.triangleCount;
  mesh.gl.deleteBuffer(mesh.thinned.indices);
  delete mesh.thinned;
}

/**
 * Set the side of the square markers, made with size 1, without building them anew.
 *
 * gl-plot3d sets `pixelRatio` on every object before each drawing, and the marker's shader multiplies by it.
 * @param {PlotlyGraph} graph @param {number} px CSS pixels
 */
export function sizePoints(graph, px) {
  for (const object of objectsOf(graph)) {
    if (!object.pointCount) continue;
    if (object.markerScale === undefined) {
      let ratio = object.pixelRatio;
      const get = () => ratio * (object.markerScale ?? 1);
      Object.defineProperty(object, "pixelRatio", { get, set: (value) => (ratio = value), configurable: true });
    }
    if (object.markerScale !== px / MARKER_PX) object.dirty = true;
    object.markerScale = px / MARKER_PX;
  }
}

/**
 * Draw with fewer pixels, which the browser stretches.
 * @param {PlotlyGraph} graph @param {number} share of the pixels across, and of those down
 */
export function sharpen(graph, share) {
  const glplot = sceneOf(graph)?.glplot;
  const parent = glplot?.canvas?.parentElement;
  if (!parent || !glplot.redraw || glplot.contextLost) return;
  glplot.wholePixelRatio ??= glplot.pixelRatio;
  const ratio = share * glplot.wholePixelRatio;
  if (glplot.pixelRatio === ratio) return;
  glplot.pixelRatio = ratio;
  const [width, height] = [parent.clientWidth, parent.clientHeight].map((side) => Math.ceil(side * ratio));
  Object.assign(glplot.canvas, { width, height }); // which clears it
  glplot.redraw();
}

/** Undo all of these and draw again. @param {PlotlyGraph} graph */
export function refine(graph) {
  for (const object of objectsOf(graph)) {
    delete object.drawPick;
    refineMesh(object);
    if (object.fullVertexCount) object.vertexCount = object.fullVertexCount;
    delete object.fullVertexCount;
    object.dirty = true;
  }
  sharpen(graph, 1);
}

/** The product. @param {number[]} matrix 4 x 4, column by column @param {number[]} vector */
function times(matrix, vector) {
  return [0, 1, 2, 3].map((row) => vector.reduce((sum, value, column) => sum + matrix[4 * column + row] * value, 0));
}

/**
 * Light surfaces from a direction, given in the scene's frame.
 *
 * gl-mesh3d takes the light's position in clip space, takes it back through the camera, and lights with the result as
 * if it were in the scene's frame. So a far light at `direction` is first taken forth through the camera.
 * @param {PlotlyGraph} graph @param {number[]} direction
 */
export function aimLight(graph, direction) {
  const scene = sceneOf(graph);
  const { model, projection } = scene?.glplot?.cameraParams ?? {};
  const view = scene?.camera?.view;
  if (!model || !projection || !view?.recalcMatrix) return;
  view.recalcMatrix(view.lastT());
  const far = [...direction.map((value) => value * 1000), 1];
  const [x, y, z, w] = [model, view.computedMatrix, projection].reduce((at, matrix) => times(matrix, at), far);
  for (const object of objectsOf(graph)) {
    if (!object.lightPosition) continue;
    object.lightPosition = [x / w, y / w, z / w];
    object.dirty = true;
  }
}

/**
 * Move the vertices of a mesh3d trace without building it anew; false where that cannot be done.
 *
 * gl-mesh3d draws triangles from buffers of three vertices each, the last corner first, in scaled coordinates; hover
 * reads `positions`. The trace's own arrays of coordinates are for its next drawing, and the caller's.
 * @param {PlotlyGraph} graph @param {string} uid of the trace
 * @param {Float32Array[]} places x, y, z @param {Float32Array} normals of one vertex after another
 * @param {Uint16Array} corners vertices, three for each triangle
 */
export function moveMesh(graph, uid, places, normals, corners) {
  const scene = sceneOf(graph);
  const mesh = scene?.traces?.[uid]?.mesh;
  const count = mesh?.thinned?.triangleCount ?? mesh?.triangleCount;
  if (!mesh?.trianglePositions?.update || 3 * count !== corners.length) return false;
  const [positions, directions] = [0, 1].map(() => new Float32Array(3 * corners.length));
  for (let at = 0; at < corners.length; at++) {
    const vertex = corners[at + 2 - 2 * (at % 3)];
    for (let axis = 0; axis < 3; axis++) {
      positions[3 * at + axis] = places[axis][vertex] * scene.dataScale[axis];
      directions[3 * at + axis] = normals[3 * vertex + axis];
    }
  }
  mesh.trianglePositions.update(positions);
  mesh.triangleNormals.update(directions);
  for (const [vertex, place] of mesh.positions.entries()) {
    for (let axis = 0; axis < 3; axis++) place[axis] = places[axis][vertex] * scene.dataScale[axis];
  }
  mesh.dirty = true;
  return true;
}

/**
 * The picture of the scene as it is now.
 * @param {PlotlyGraph} graph @param {(context: CanvasRenderingContext2D, ratio: number) => void} drawOver draws on it,
 *   so many of its pixels to one of CSS
 * @param {number[]} [ground] red, green, blue, alpha from 0 to 1 of what is behind, for this picture alone
 * @throws {Error} nothing is drawn yet
 */
export function snapshot(graph, drawOver, ground) {
  if (!isDrawn(graph)) throw new Error("Nothing is drawn yet.");
  const { glplot } = sceneOf(graph);
  const { width, height } = glplot.canvas;
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const { clearColor } = glplot;
  glplot.clearColor = ground ?? clearColor;
  glplot.redraw(); // the buffer is cleared after each frame: draw and read within one task
  context.drawImage(glplot.canvas, 0, 0);
  glplot.clearColor = clearColor;
  if (ground) glplot.redraw();
  drawOver(context, width / graph.clientWidth);
  return canvas;
}
