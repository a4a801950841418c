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

/** True once something stands in the scene. @param {PlotlyGraph} graph */
export function isDrawn(graph) {
  return objectsOf(graph).length > 0;
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
 * Draw only the first points, and no hover targets, while the view turns.
 *
 * gl-scatter3d draws `vertexCount` vertices from buffers that hold all of them, and gl-plot3d calls `drawPick` on every
 * object for each new camera: a second drawing of everything that nobody sees.
 * @param {PlotlyGraph} graph @param {number} count
 */
export function thin(graph, count) {
  for (const object of objectsOf(graph)) {
    object.drawPick = null;
    if (!object.pointCount || !object.vertexCount) continue;
    object.fullVertexCount ??= object.vertexCount;
    const perPoint = object.fullVertexCount / object.pointCount;
    object.vertexCount = Math.min(object.fullVertexCount, Math.round(count * perPoint));
  }
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

/** Undo `thin` and draw again. @param {PlotlyGraph} graph */
export function refine(graph) {
  for (const object of objectsOf(graph)) {
    delete object.drawPick;
    if (object.fullVertexCount) object.vertexCount = object.fullVertexCount;
    delete object.fullVertexCount;
    object.dirty = true;
  }
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

/** The picture on the canvas as PNG. @param {PlotlyGraph} graph @returns {Promise<Blob>} */
export function snapshot(graph) {
  const glplot = sceneOf(graph)?.glplot;
  if (!glplot) return Promise.reject(new Error("Nothing is drawn yet."));
  glplot.redraw(); // the buffer is cleared after each frame: draw and read within one task
  return new Promise((resolve, reject) => {
    glplot.canvas.toBlob((/** @type {Blob|null} */ blob) => (blob ? resolve(blob) : reject(new Error("No picture."))));
  });
}
