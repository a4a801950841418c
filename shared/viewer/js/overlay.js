/** Draws marks, the lines between them, their lengths, and the section over the 3D view; in snapshots too. */

import { angleText, lengthText, LETTERS } from "./marks.js";

const INK = "#fff";
const GROUND = "#0a0a0a";
const FONT = '12px -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
const DOT_PX = 4.5;
const LINE_PX = 17;
const SECTION = { width: 220, height: 120, margin: 12, below: 32, padding: 10 };

/** @typedef {CanvasRenderingContext2D} Context */
/** @typedef {import("./screen.js").Screen} Screen */

/** A line that is seen on any ground. @param {Context} context @param {number[][]} points @param {number} width */
function line(context, points, width) {
  for (const [style, extra] of /** @type {[string, number][]} */ ([[GROUND, 2.5], [INK, 0]])) {
    context.strokeStyle = style;
    context.lineWidth = width + extra;
    context.beginPath();
    points.forEach(([x, y], index) => (index ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.stroke();
  }
}

/** Words on a ground of their own, in the middle of a place. @param {Context} context @param {string} text */
function label(context, text, /** @type {number} */ x, /** @type {number} */ y) {
  const width = context.measureText(text).width + 12;
  context.fillStyle = `${GROUND}e0`;
  context.beginPath();
  context.roundRect(x - width / 2, y - 10, width, 20, 6);
  context.fill();
  context.fillStyle = INK;
  context.fillText(text, x - width / 2 + 6, y + 4);
}

/**
 * Draw the marks, and what they say.
 * @param {Context} context in CSS pixels @param {Marked} found @param {Screen} screen
 * @param {{ width: number, height: number }} size of the view
 */
export function drawMarks(context, found, screen, size) {
  Object.assign(context, { font: FONT, lineJoin: "round", lineCap: "round" });
  const at = found.marks.map((mark) => screen.project(mark));
  const surface = (found.section?.places ?? []).map((place) => screen.project(place)).filter((place) => place !== null);
  if (surface.length > 1) line(context, surface, 1);
  for (const { ends } of found.distances) {
    const [from, to] = ends.map((end) => at[end]);
    if (from && to) line(context, [from, to], 1.5);
  }
  for (const place of at) if (place) dot(context, place);
  for (const { ends, length, error } of found.distances) {
    const [from, to] = ends.map((end) => at[end]);
    if (!from || !to) continue;
    label(context, lengthText(length, error, found.unit), (from[0] + to[0]) / 2, (from[1] + to[1]) / 2);
  }
  const middle = [0, 1].map((axis) => at.reduce((sum, place) => sum + (place?.[axis] ?? 0), 0) / at.length);
  const words = [...LETTERS];
  if (found.angle) words[1] += ` ${angleText(found.angle)}`;
  at.forEach((place, index) => place && drawLetter(context, words[index], place, middle));
  if (found.section) drawSection(context, found.section, found.unit, size);
}

/** The word of a mark, on the side away from the others. @param {Context} context @param {string} letter */
function drawLetter(context, letter, /** @type {number[]} */ [x, y], /** @type {number[]} */ [fromX, fromY]) {
  const [dx, dy] = [x - fromX, y - fromY];
  const apart = Math.hypot(dx, dy);
  const [right, down] = apart > 1 ? [dx / apart, dy / apart] : [0.7, -0.7];
  const half = context.measureText(letter).width / 2;
  label(context, letter, x + (16 + half) * right, y + 20 * down);
}

/** A marked point. @param {Context} context @param {number[]} at */
function dot(context, [x, y]) {
  context.beginPath();
  context.arc(x, y, DOT_PX, 0, 2 * Math.PI);
  context.fillStyle = INK;
  context.strokeStyle = GROUND;
  context.lineWidth = 2;
  context.fill();
  context.stroke();
}

/** Where a key would mark. @param {Context} context @param {{ width: number, height: number }} size */
export function drawCross(context, { width, height }) {
  const [x, y] = [width / 2, height / 2];
  line(context, [[x - 9, y], [x + 9, y]], 1);
  line(context, [[x, y - 9], [x, y + 9]], 1);
}

/**
 * The section, to scale, in the corner.
 * @param {Context} context @param {Section} section @param {string} unit
 * @param {{ width: number, height: number }} size of the view
 */
function drawSection(context, { line: profile, length, surface, highest }, unit, size) {
  const { margin, below, padding } = SECTION;
  const [width, height] = [Math.min(SECTION.width, size.width - 2 * margin), Math.min(SECTION.height, size.height / 3)];
  const [left, top] = [size.width - width - margin, size.height - height - below];
  context.fillStyle = `${GROUND}e0`;
  context.strokeStyle = "#ffffff4d";
  context.lineWidth = 1;
  context.beginPath();
  context.roundRect(left, top, width, height, 8);
  context.fill();
  context.stroke();
  const heights = profile.map(([, each]) => each);
  const [low, high] = [Math.min(0, ...heights), Math.max(0, ...heights)];
  const scale = Math.min((width - 2 * padding) / length, (height - 2 * padding - 2 * LINE_PX) / (high - low || 1));
  const x0 = left + (width - length * scale) / 2;
  const y0 = top + height - padding + low * scale;
  context.setLineDash([3, 3]);
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x0 + length * scale, y0);
  context.stroke();
  context.setLineDash([]);
  context.strokeStyle = INK;
  context.lineWidth = 1.5;
  context.beginPath();
  profile.forEach(([along, each], index) => {
    const [x, y] = [x0 + along * scale, y0 - each * scale];
    if (index) context.lineTo(x, y);
    else context.moveTo(x, y);
  });
  context.stroke();
  context.fillStyle = "#a3a3a3";
  context.fillText(`A to B over the surface ${lengthText(surface, null, unit)}`, left + padding, top + LINE_PX);
  context.fillText(`height over the line ${lengthText(highest, null, unit)}`, left + padding, top + 2 * LINE_PX);
}
