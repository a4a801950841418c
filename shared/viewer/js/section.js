/** The section of the visible surface along the straight line between two places, as the photo's camera sees them. */

import { depthOf, seenInPhoto } from "./cloud.js";
import { dot } from "./screen.js";

/**
 * Depth between pixels, of the four around; NaN where these are not one surface.
 * @param {Cloud} cloud @param {number} u @param {number} v
 */
function depthBetween(cloud, u, v) {
  const [left, top] = [Math.floor(u), Math.floor(v)];
  if (!(left >= 0 && top >= 0 && left + 1 < cloud.width && top + 1 < cloud.height)) return NaN;
  const at = top * cloud.width + left;
  const four = [at, at + 1, at + cloud.width, at + cloud.width + 1].map((pixel) => depthOf(cloud, pixel));
  const nearest = Math.min(...four);
  if (!(Math.max(...four) - nearest <= cloud.joinedRatio * nearest)) return NaN;
  const [across, down] = [u - left, v - top];
  return (four[0] * (1 - across) + four[1] * across) * (1 - down) + (four[2] * (1 - across) + four[3] * across) * down;
}

/**
 * The section from one place to another; null where one of them is not on the visible surface.
 * @param {Cloud} cloud @param {number[]} start @param {number[]} end @returns {Section | null}
 */
export function sectionBetween(cloud, start, end) {
  if (!seenInPhoto(cloud, start) || !seenInPhoto(cloud, end)) return null;
  const pixels = [start, end].map(([x, y, z]) => [cloud.cx - (cloud.fx * x) / z, cloud.cy + (cloud.fy * y) / z]);
  const steps = Math.ceil(Math.hypot(pixels[1][0] - pixels[0][0], pixels[1][1] - pixels[0][1]));
  if (!steps) return null;
  const chord = start.map((value, axis) => end[axis] - value);
  const length = Math.hypot(...chord);
  const along = chord.map((value) => value / length);
  const toCamera = start.map((value, axis) => -(value + end[axis]) / 2);
  const across = dot(toCamera, along);
  const up = toCamera.map((value, axis) => value - across * along[axis]);
  const out = up.map((value) => value / Math.hypot(...up));
  const places = [];
  for (let step = 0; step <= steps; step++) {
    const [u, v] = [0, 1].map((axis) => pixels[0][axis] + ((pixels[1][axis] - pixels[0][axis]) * step) / steps);
    const depth = depthBetween(cloud, u, v);
    if (Number.isNaN(depth)) continue;
    places.push([((u - cloud.cx) * depth) / cloud.fx, ((cloud.cy - v) * depth) / cloud.fy, -depth]);
  }
  const line = places.map((place) => {
    const from = place.map((value, axis) => value - start[axis]);
    return [dot(from, along), dot(from, out)];
  });
  const highest = line.reduce((most, [, height]) => Math.max(most, height), 0);
  return { places, line, length, surface: lengthOf(places), highest };
}

/** Length of a line through places. @param {number[][]} places */
function lengthOf(places) {
  const steps = places.slice(1).map((place, index) => place.map((value, axis) => value - places[index][axis]));
  return steps.reduce((length, step) => length + Math.hypot(...step), 0);
}
