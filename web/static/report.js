// @ts-check
/** What the page says of how a job went: a card of short facts, each with the words that put it into place. */

import { byId, make } from "./dom.js";

/** @typedef {Record<string, any>} Report */

const LENS = { given: "by the field of view given", exif: "by the photo's metadata", assumed: "guessed: the lens is unknown" };
const DROPPED = { background: "background", flying: "between surfaces", outliers: "strays", islands: "islands", thinned: "thinned out" };
const NUMBER = new Intl.NumberFormat("en");
const STRAIGHT_DEG = 3;

/** @param {number} degrees @param {string} positive @param {string} negative @param {string} neither */
function turned(degrees, positive, negative, neither) {
  if (Math.abs(degrees) < STRAIGHT_DEG) return neither;
  return `${Math.round(Math.abs(degrees))}° ${degrees > 0 ? positive : negative}`;
}

/** @param {Record<string, number>} dropped */
function droppedText(dropped) {
  const some = Object.entries(dropped).filter(([, count]) => count > 0);
  return some.map(([reason, count]) => `${NUMBER.format(count)} ${DROPPED[reason] ?? reason}`).join(", ");
}

/** Title, fact, and quiet words below it; a row without a fact is left out. @type {[string, (report: Report) => any, (report: Report) => any][]} */
const ROWS = [
  ["Face", (r) => ({ true: "Found", false: "Not found" })[r.face_found], (r) => r.faces_in_photo > 1 && `the largest of ${r.faces_in_photo} in the photo`],
  ["Looks", (r) => Number.isFinite(r.yaw_deg) && turned(r.yaw_deg, "to the right", "to the left", "Straight ahead"), (r) => turned(r.pitch_deg, "up", "down", "neither up nor down")],
  ["Distance", (r) => Number.isFinite(r.distance_mm) && `${Math.round(r.distance_mm / 10)} cm`, (r) => LENS[r.camera]],
  ["Sharpness", (r) => Number.isFinite(r.sharpness) && `${Math.round(100 * r.sharpness)} %`, (r) => r.face_width_px && `face ${NUMBER.format(r.face_width_px)} pixels wide`],
  ["Size", (r) => r.unit && (r.unit === "mm" ? "In millimetres" : "Relative"), (r) => r.lengths?.face ?? r.lengths?.everything],
  ["Fit to the face", (r) => Number.isFinite(r.fit_residual_mm) && `${r.fit_residual_mm.toFixed(1)} mm`, () => "what the network misses it by"],
  ["Relief", (r) => Number.isFinite(r.relief_ratio) && r.relief_ratio.toFixed(2), () => "deep, for 1 wide"],
  ["Points", (r) => Number.isFinite(r.points) && NUMBER.format(r.points), (r) => r.dropped && droppedText(r.dropped) && `left out: ${droppedText(r.dropped)}`],
];

/** Show a job's report, or nothing where there is none yet. @param {Report | null | undefined} report */
export function showReport(report) {
  const facts = ROWS.map(([title, fact, words]) => ({ title, fact: report && fact(report), words: report && words(report) }));
  const items = facts.filter(({ fact }) => fact).map(({ title, fact, words }) => {
    const value = make("dd", {}, fact);
    if (words) value.append(make("small", {}, words));
    return make("div", {}, make("dt", {}, title), value);
  });
  byId("report").hidden = !items.length;
  byId("report-list").replaceChildren(...items);
  byId("advice").hidden = !report?.advice;
  byId("advice").textContent = report?.advice ?? "";
}
