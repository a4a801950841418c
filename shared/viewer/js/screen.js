/** Where places of the scene are on the screen, and what is seen at a place of the screen. */

import { fromScene, HALF_VIEW, inScene } from "./framing.js";

/** @typedef {{ from: number[], along: number[] }} Ray in the viewer's frame; along has the length 1 */

const minus = (/** @type {number[]} */ a, /** @type {number[]} */ b) => a.map((value, axis) => value - b[axis]);
export const dot = (/** @type {number[]} */ a, /** @type {number[]} */ b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const unit = (/** @type {number[]} */ a) => a.map((value) => value / (Math.hypot(...a) || 1));
const cross = (/** @type {number[]} */ a, /** @type {number[]} */ b) =>
  [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

/** What the camera sees, in CSS pixels from the upper left of an element. */
export class Screen {
  /**
   * @param {Framing} framing @param {number[][]} pose eye, centre and up, in the scene's frame
   * @param {{ width: number, height: number }} size of the element
   */
  constructor(framing, [eye, center, up], { width, height }) {
    this.framing = framing;
    this.eye = eye;
    this.forward = unit(minus(center, eye));
    this.right = unit(cross(this.forward, up));
    this.up = cross(this.right, this.forward);
    this.middle = [width / 2, height / 2];
    this.focal = height / 2 / HALF_VIEW;
  }

  /** Across, down, and how far away in mm; null where it is behind the eye. @param {number[]} place */
  project(place) {
    const seen = minus(inScene(this.framing, place), this.eye);
    const away = dot(seen, this.forward);
    if (away <= 0) return null;
    const [across, up] = [dot(seen, this.right), dot(seen, this.up)].map((value) => (value * this.focal) / away);
    return [this.middle[0] + across, this.middle[1] - up, away * this.framing.longest];
  }

  /** What lies behind a pixel. @param {Point2D} at @returns {Ray} */
  ray({ x, y }) {
    const [across, up] = [x - this.middle[0], this.middle[1] - y].map((value) => value / this.focal);
    const along = this.forward.map((value, axis) => value + across * this.right[axis] + up * this.up[axis]);
    return { from: fromScene(this.framing, this.eye), along: unit(along) };
  }
}

/**
 * The point that is seen at a pixel: of those within a radius and not behind others, the one nearest to it.
 * @param {Points} points @param {Screen} screen @param {Point2D} at @param {number} radius pixels
 * @returns {number[] | null} its place
 */
export function pointAt({ x, y, z, longest }, screen, at, radius) {
  /** @type {{ place: number[], apart: number, away: number }[]} */
  const near = [];
  for (let i = 0; i < x.length; i++) {
    const place = [x[i], y[i], z[i]];
    const seen = screen.project(place);
    const apart = seen ? Math.hypot(seen[0] - at.x, seen[1] - at.y) : Infinity;
    if (seen && apart <= radius) near.push({ place, apart, away: seen[2] });
  }
  const front = Math.min(...near.map(({ away }) => away)) + longest / 40;
  const seen = near.filter(({ away }) => away <= front).sort((a, b) => a.apart - b.apart);
  return seen.length ? seen[0].place : null;
}

/**
 * Where a ray first meets a mesh (Möller and Trumbore, Fast, Minimum Storage Ray/Triangle Intersection, 1997).
 * @param {Uint16Array} corners @param {Float32Array[]} places @param {Ray} ray
 * @returns {number} how far along the ray; Infinity where it misses
 */
export function distanceToMesh(corners, [x, y, z], { from, along }) {
  let nearest = Infinity;
  for (let t = 0; t < corners.length; t += 3) {
    const [a, b, c] = [corners[t], corners[t + 1], corners[t + 2]];
    const [px, py, pz, qx, qy, qz] = [x[b] - x[a], y[b] - y[a], z[b] - z[a], x[c] - x[a], y[c] - y[a], z[c] - z[a]];
    const hx = along[1] * qz - along[2] * qy;
    const hy = along[2] * qx - along[0] * qz;
    const hz = along[0] * qy - along[1] * qx;
    const scale = px * hx + py * hy + pz * hz;
    if (!scale) continue;
    const [sx, sy, sz] = [from[0] - x[a], from[1] - y[a], from[2] - z[a]];
    const first = (sx * hx + sy * hy + sz * hz) / scale;
    if (first < 0 || first > 1) continue;
    const [kx, ky, kz] = [sy * pz - sz * py, sz * px - sx * pz, sx * py - sy * px];
    const second = (along[0] * kx + along[1] * ky + along[2] * kz) / scale;
    if (second < 0 || first + second > 1) continue;
    const away = (qx * kx + qy * ky + qz * kz) / scale;
    if (away > 0 && away < nearest) nearest = away;
  }
  return nearest;
}
