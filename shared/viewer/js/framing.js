/** How far the camera stands, and how large a point is, so that a face fills the view whatever its size and shape. */

const HALF_VIEW = Math.tan(Math.PI / 8); // Plotly's camera sees 45 degrees from top to bottom

/** Distance from eye to the face's middle, zoom 1, in scene units. @param {Points} points @param {HTMLElement} stage */
export function distanceToFit({ framed, longest }, stage) {
  const [width, height] = framed.bounds.map(([low, high]) => high - low);
  const aspect = (stage.clientWidth || 1) / (stage.clientHeight || 1);
  const half = Math.max(height, width / aspect) / 2;
  const before = framed.bounds[2][1] - framed.middle; // what stands before the middle must fit too
  return ((1.18 * half) / HALF_VIEW + before / 2) / longest;
}

/**
 * What the camera turns round, in the scene's frame: in depth the middle of the points, not of their box, since a far
 * background of no known class would draw that behind the face.
 * @param {Points} points
 */
export function pivot({ bounds, framed, longest }) {
  const [x, y] = framed.bounds.map(([low, high]) => (low + high) / 2);
  return [x, y, framed.middle].map((at, axis) => (at - (bounds[axis][0] + bounds[axis][1]) / 2) / longest);
}

/** The target with which the camera turns round a point. @param {Points} points @param {number} index */
export function targetAt(points, index) {
  const from = pivot(points);
  const at = [points.x[index], points.y[index], points.z[index]];
  return points.bounds.map(([low, high], axis) => (at[axis] - (low + high) / 2) / points.longest - from[axis]);
}

/**
 * Side of a point in CSS pixels with which neighbours touch.
 * @param {Points} points @param {number} seen distance from the eye to the target, in units of the scene
 * @param {number} fx focal length in pixels of the cloud's grid @param {number} height of the stage, CSS pixels
 * @param {number} drawn number of points that are drawn
 */
export function pointSide(points, seen, fx, height, drawn) {
  const spacing = -points.framed.middle / fx / points.longest;
  return (spacing / (2 * HALF_VIEW * seen)) * height * Math.sqrt(Math.max(1, points.count / drawn));
}
