/** What marked points say: distances and an angle, each with its error, and a section; as data and as text. */

import { sectionBetween } from "./section.js";

export const MOST_MARKS = 3;
export const LETTERS = "ABC";

/** A place as exact as a link holds it, so that a link says what its marks said. @param {number[]} place */
export const asLinked = (place) => place.map((value) => Number(value.toFixed(2)));

/** Marks as text for a link: "x,y,z_x,y,z". @param {number[][]} marks */
export const marksToText = (marks) => marks.map((place) => asLinked(place).join(",")).join("_");

/** Read that text; what is no place is left out. @param {string | null | undefined} text */
export function marksFromText(text) {
  const places = (text ?? "").split("_").map((place) => place.split(",").map((value) => Number(value || NaN)));
  return places.filter((place) => place.length === 3 && place.every(Number.isFinite)).slice(0, MOST_MARKS);
}

/**
 * What some marks say.
 * @param {Cloud} cloud @param {number[][]} marks @param {Accuracy | null} accuracy of lengths in mm
 * @returns {Marked}
 */
export function marked(cloud, marks, accuracy) {
  const known = cloud.unit === "mm" ? accuracy : null;
  const distances = marks.slice(1).map((end, index) => {
    const length = apart(marks[index], end);
    return { ends: [index, index + 1], length, error: known ? Math.hypot(known.places_mm, known.size * length) : null };
  });
  const angle = marks.length === 3 ? angleAt(marks, known) : null;
  const section = marks.length > 1 ? sectionBetween(cloud, marks[0], marks[1]) : null;
  return { unit: cloud.unit, marks, distances, angle, section };
}

/** @param {number[]} a @param {number[]} b */
const apart = (a, b) => Math.hypot(...a.map((value, axis) => value - b[axis]));

/** The angle at the second mark, in degrees. @param {number[][]} marks @param {Accuracy | null} accuracy */
function angleAt([a, b, c], accuracy) {
  const [left, right] = [a, c].map((end) => end.map((value, axis) => value - b[axis]));
  const [before, after] = [Math.hypot(...left), Math.hypot(...right)];
  if (!before || !after) return null;
  const cosine = left.reduce((sum, value, axis) => sum + value * right[axis], 0) / (before * after);
  const degrees = (/** @type {number} */ radians) => (radians * 180) / Math.PI;
  const error = accuracy ? degrees(Math.hypot(accuracy.places_mm / before, accuracy.places_mm / after)) : null;
  return { degrees: degrees(Math.acos(Math.min(1, Math.max(-1, cosine)))), error };
}

/**
 * "63.2 ± 2.3 mm"; without a unit where sizes are not known.
 * @param {number} length @param {number|null} error @param {string} unit
 */
export function lengthText(length, error, unit) {
  if (unit !== "mm") return length.toFixed(3);
  return `${length.toFixed(1)}${error === null ? "" : ` ± ${error.toFixed(1)}`} mm`;
}

/** "87 ± 2°" @param {{ degrees: number, error: number|null }} angle */
export const angleText = ({ degrees, error }) =>
  `${degrees.toFixed(0)}${error === null ? "" : ` ± ${error.toFixed(0)}`}°`;

/** Label and value of everything that is known. @param {Marked} found @returns {string[][]} */
export function rows({ unit, distances, angle, section }) {
  const list = distances.map(({ ends, length, error }) => [
    `${LETTERS[ends[0]]} to ${LETTERS[ends[1]]}`, lengthText(length, error, unit),
  ]);
  if (angle) list.push(["Angle at B", angleText(angle)]);
  if (section) {
    list.push(["A to B over the surface", lengthText(section.surface, null, unit)]);
    list.push(["Height over the line A B", lengthText(section.highest, null, unit)]);
  }
  return list;
}

/** All of it, to paste elsewhere: places as the photo's camera has them, z forward. @param {Marked} found */
export function textOf(found) {
  const digits = found.unit === "mm" ? 1 : 4;
  const places = found.marks.map(([x, y, z], index) =>
    [LETTERS[index], ...[x, -y, -z].map((each) => each.toFixed(digits))].join("\t"),
  );
  const lines = rows(found).map(([label, value]) => `${label}\t${value}`);
  const section = found.section?.line.map(([along, height]) => `${along.toFixed(2)}\t${height.toFixed(2)}`) ?? [];
  const title = section.length ? ["", "Section A to B: along the line, height over it"] : [];
  return ["Mark\tx\ty\tz", ...places, "", ...lines, ...title, ...section].join("\n");
}
