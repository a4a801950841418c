/** How far the camera stands, and how large a point is, so that a face fills the view whatever its size and shape. */

import { extent } from "./cloud.js";

const NECK = 0.3; // how much of the neck is seen with a head, as a share of its height
const MOVED_MM = 40; // farther an expression moves nothing out of the head
export const HALF_VIEW = Math.tan(Math.PI / 8); // Plotly's camera sees 45 degrees from top to bottom

/** Distance from eye to the face at zoom 1, scene units. @param {Framing} framing @param {HTMLElement} stage */
export function distanceToFit({ framed, longest, back = 0 }, stage) {
  const [width, height] = framed.bounds.map(([low, high]) => high - low);
  const aspect = (stage.clientWidth || 1) / (stage.clientHeight || 1);
  const half = Math.max(height, width / aspect) / 2;
  const before = framed.bounds[2][1] - framed.middle - back; // what stands before the middle must fit too
  return ((1.18 * half) / HALF_VIEW + before / 2) / longest;
}

/**
 * What the camera turns round, in the scene's frame: in depth the middle of the points, not of their box, since a far
 * background of no known class would draw that behind the face.
 * @param {Framing} framing
 */
export function pivot({ bounds, framed, longest }) {
  const [x, y] = framed.bounds.map(([low, high]) => (low + high) / 2);
  return [x, y, framed.middle].map((at, axis) => (at - (bounds[axis][0] + bounds[axis][1]) / 2) / longest);
}

/**
 * Zoom and target of the pose with which a head, down to the neck, fills the view.
 * @param {Framing} framing of that head @param {Head} head
 */
export function closeTo(framing, { parts, landmarks }) {
  const { axes: [x, y] } = skinOf(parts);
  const chin = landmarks.chin ? -landmarks.chin[1] : -Infinity; // the landmark is in the file's frame
  const [across, down] = [x.filter((_, index) => y[index] >= chin), y.filter((value) => value >= chin)].map(extent);
  down[0] -= NECK * (down[1] - down[0]);
  const [width, height] = framing.framed.bounds.map(([low, high]) => high - low);
  const middle = [across, down].map(([low, high]) => (low + high) / 2);
  const larger = Math.max((across[1] - across[0]) / width, (down[1] - down[0]) / height);
  return { zoom: Math.max(1, 1 / larger), target: targetAt(framing, [...middle, framing.framed.middle]) };
}

/** The skin, or what is first of a head without any. @param {HeadPart[]} parts */
const skinOf = (parts) => parts.find(({ name }) => name === "skin") ?? parts[0];

/** The target with which the camera turns round a place. @param {Framing} framing @param {number[]} place */
export function targetAt(framing, place) {
  const from = pivot(framing);
  return inScene(framing, place).map((value, axis) => value - from[axis]);
}

/** A place in the scene's frame, with its origin in the middle. @param {Framing} framing @param {number[]} at */
export const inScene = ({ bounds, longest }, at) =>
  bounds.map(([low, high], axis) => (at[axis] - (low + high) / 2) / longest);

/** The place of the scene's frame in that of the points. @param {Framing} framing @param {number[]} at */
export const fromScene = ({ bounds, longest }, at) =>
  bounds.map(([low, high], axis) => (low + high) / 2 + at[axis] * longest);

/**
 * The scene of a head: it stands where the points are, is as large, and turns round its own middle.
 * @param {Points} points @param {Head} head @returns {Framing}
 */
export function framingOfHead({ bounds, framed, longest }, { parts }) {
  const spans = [bounds, ...parts.map((part) => part.bounds)];
  const skin = skinOf(parts).bounds;
  const middle = (skin[2][0] + skin[2][1]) / 2;
  const around = [0, 1, 2].map((axis) => [
    Math.min(...spans.map((each) => each[axis][0])) - MOVED_MM,
    Math.max(...spans.map((each) => each[axis][1])) + MOVED_MM,
  ]);
  return { bounds: around, framed: { bounds: framed.bounds, middle }, longest, back: framed.middle - middle };
}

/**
 * The points with the whole photo as what fills the view, at the depth of their middle: of whom a rough cloud shows the
 * face alone, all fits in it.
 * @param {Cloud} cloud @param {Points} points @returns {Points}
 */
export function framedByPhoto({ uvScale, uvOffset, fx, fy, cx, cy }, points) {
  const { middle, bounds } = points.framed;
  const edges = uvScale.map((scale, axis) => [0, 1].map((edge) => (edge - uvOffset[axis]) / scale)); // grid's pixels
  const across = edges[0].map((u) => ((u - cx) * -middle) / fx);
  const down = edges[1].map((v) => ((cy - v) * -middle) / fy).reverse();
  const longest = Math.max(across[1] - across[0], down[1] - down[0]);
  return { ...points, longest, framed: { bounds: [across, down, bounds[2]], middle } };
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
