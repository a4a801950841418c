/** How far the camera stands, and how large a point is, so that a face fills the view whatever its size and shape. */

import { eyeCenterUp } from "./orbit.js";

/** @typedef {import("./cloud.js").Points} Points */
/** @typedef {import("./orbit.js").Pose} Pose */

const HALF_VIEW = Math.tan(Math.PI / 8); // Plotly's camera sees 45 degrees from top to bottom

/** Unit of the scene: the longest side of the cloud's box (see layout in traces.js). @param {Points} points */
function unit({ bounds }) {
  return Math.max(...bounds.map(([low, high]) => high - low)) || 1;
}

/**
 * Distance from the eye to the middle of the face at zoom 1, in units of the scene.
 * @param {Points} points @param {{ clientWidth: number, clientHeight: number }} stage
 */
export function distanceToFit(points, stage) {
  const { bounds, middle } = points;
  const [width, height] = bounds.map(([low, high]) => high - low);
  const aspect = (stage.clientWidth || 1) / (stage.clientHeight || 1);
  const half = Math.max(height, width / aspect) / 2;
  const before = bounds[2][1] - middle; // what stands before the middle must fit too
  return ((1.18 * half) / HALF_VIEW + before / 2) / unit(points);
}

/**
 * What the camera turns round, in the scene's frame: the middle of the points, not of their box, since a far background
 * would draw that behind the face.
 * @param {Points} points
 */
function pivot(points) {
  const [far, near] = points.bounds[2];
  return [0, 0, (points.middle - (near + far) / 2) / unit(points)];
}

/** Eye, centre and up for Plotly. @param {Pose} pose @param {Points} points @param {number} distance */
export function cameraFor(pose, points, distance) {
  return eyeCenterUp(pose, pivot(points), distance);
}

/**
 * The target with which the camera turns round a point.
 * @param {Points} points @param {number} index @returns {[number, number, number]}
 */
export function targetAt(points, index) {
  const from = pivot(points);
  const at = [points.x[index], points.y[index], points.z[index]];
  const middles = points.bounds.map(([low, high]) => (low + high) / 2);
  const target = at.map((value, axis) => (value - middles[axis]) / unit(points) - from[axis]);
  return /** @type {[number, number, number]} */ (target);
}

/**
 * Side of a point in CSS pixels with which neighbours touch.
 * @param {Pose} pose @param {Points} points @param {number} distance
 * @param {{ fx: number, height: number, drawn: number }} how focal length in pixels of the cloud's grid, height of the
 *   stage in CSS pixels, number of points that are drawn
 */
export function pointSide(pose, points, distance, { fx, height, drawn }) {
  const spacing = -points.middle / fx / unit(points);
  const seen = (2 * HALF_VIEW * distance) / pose.zoom;
  return (spacing / seen) * height * Math.sqrt(Math.max(1, points.count / drawn));
}
