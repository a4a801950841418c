/** Shows how a job went: a card of short facts, each with words that say what it means. */

import { byId, make, percentText } from "./dom.js";

const LENS = {
  given: "by the field of view given",
  exif: "by the photo's metadata",
  network: "by the lens that the network sees",
  assumed: "guessed: the lens is unknown",
};
/** @type {Record<string, string>} */
const DROPPED = { flying: "between surfaces", outliers: "strays", thinned: "thinned out" }; // others as they are
const NUMBER = new Intl.NumberFormat("en");
const STRAIGHT_DEG = 3;
const LEANING_DEG = 15;

/** "12° to the right" @param {number|undefined} degrees @param {[string, string, string]} words */
function angleText(degrees, [positive, negative, neither]) {
  if (degrees === undefined || Math.abs(degrees) < STRAIGHT_DEG) return neither;
  return `${Math.round(Math.abs(degrees))}° ${degrees > 0 ? positive : negative}`;
}

/** "the head leans 30° to the right" @param {number} [degrees] */
const leanText = (degrees = 0) =>
  Math.abs(degrees) < LEANING_DEG ? "" : `the head leans ${angleText(degrees, ["to the right", "to the left", ""])}`;

/** "left out: 1,234 background" @param {Record<string, number>} [dropped] */
function droppedText(dropped = {}) {
  const some = Object.entries(dropped).filter(([, count]) => count > 0);
  const parts = some.map(([reason, count]) => `${NUMBER.format(count)} ${DROPPED[reason] ?? reason}`);
  return parts.length ? `left out: ${parts.join(", ")}` : "";
}

/** "the largest of 3 in the photo" @param {Report} report */
function facesText({ faces = [] }) {
  if (faces.length < 2) return "";
  const widest = Math.max(...faces.map((face) => face.width_px));
  const which = faces.some((face) => face.chosen && face.width_px === widest) ? "the largest" : "chosen";
  return `${which} of ${faces.length} in the photo`;
}

/** "by the photo's metadata", and why another lens is not believed. @param {Report} report */
function lensText({ camera, camera_note: note }) {
  if (camera === "assumed") return note ?? LENS.assumed;
  return [camera ? LENS[camera] : "", note].filter(Boolean).join(". ");
}

/** "58 mm between the pupils, by the irises: 8 % less than in adults" @param {Report["scale"]} scale */
function scaleText(scale) {
  if (!scale) return "";
  const apart = `${scale.pupil_distance_mm} mm between the pupils`;
  const seen = scale.irises_mm;
  if (scale.source === "assumed") return `${apart}, as in most adults; the irises are not clear`;
  if (!seen) return `${apart}, as given`;
  if (scale.source === "given") return `${apart}, as given; the irises say ${seen}`;
  const percent = Math.round(100 * (seen / Number(document.body.dataset.pupilDistance) - 1));
  const differs = percent ? `${Math.abs(percent)} % ${percent < 0 ? "less" : "more"} than` : "as much as";
  return `${apart}, by the irises; they alone say ${seen}, ${differs} in most adults`;
}

/** How much the network, or the map in its place, gave. @param {Report} report */
function sharesText({ anchored, network }) {
  if (!network) return "";
  return anchored ? percentText(network.layout_share) : "Not used";
}

/** What became of the network's depth. @param {Report} report */
function correctionText({ anchored, network }) {
  if (!anchored) return "it cannot be told from noise";
  const moved = NUMBER.format(Math.round(network?.correction_rms_mm ?? 0));
  return `of the person's layout${detailText(network)}; moved by ${moved} mm to meet the face`;
}

/** ", 40 % of the face's fine detail", or how much its normals draw of it. @param {Report["network"]} network */
function detailText(network) {
  const drawn = network?.normals?.face_share;
  if (drawn !== undefined) return `; its normals draw ${percentText(drawn)} of the face's fine detail`;
  return network?.detail_weight ? `, ${percentText(network.detail_weight)} of the face's fine detail` : "";
}

/** "no face was found in the photo" @param {Report["head"]} head */
const reasonText = (head) => (head?.reason ?? "").replace(/^no whole head: /, "");

/** A number as text, or nothing. @param {number|null|undefined} value @param {(value: number) => string} text */
const known = (value, text) => (Number.isFinite(value) ? text(Number(value)) : "");

/** Title, fact, and quiet words below it; a row without a fact is left out. @param {Report} r @returns {string[][]} */
const rows = (r) => [
  [
    "Face",
    { true: "Found", false: "Not found" }[String(r.face_found)] ?? "",
    facesText(r),
  ],
  [
    "Looks",
    known(r.yaw_deg, (degrees) => angleText(degrees, ["to the right", "to the left", "Straight ahead"])),
    [angleText(r.pitch_deg, ["up", "down", "neither up nor down"]), leanText(r.roll_deg)].filter(Boolean).join("; "),
  ],
  ["Distance", known(r.distance_mm, (mm) => `${Math.round(mm / 10)} cm`), lensText(r)],
  ["Photo", r.photo_note ? "Damaged" : "", r.photo_note ?? ""],
  [
    "Sharpness",
    known(r.sharpness, percentText),
    r.face_width_px ? `face ${NUMBER.format(r.face_width_px)} pixels wide` : "",
  ],
  [
    "Size",
    r.unit ? (r.unit === "mm" ? "In millimetres" : "Relative") : "",
    scaleText(r.scale) || (r.lengths?.face ?? r.lengths?.everything ?? ""),
  ],
  [r.own_map ? "Own depth map" : "Network", sharesText(r), correctionText(r)],
  ["Licence", r.non_commercial ? "Non-commercial" : "", `the weights of ${r.model} are ${r.licence}`],
  ["Relief", known(r.relief_ratio, (ratio) => ratio.toFixed(2)), "deep, for 1 wide"],
  ["Whole head", r.head ? (r.head.found ? "Built" : "None") : "", reasonText(r.head)],
  ["Points", known(r.points, NUMBER.format), droppedText(r.dropped)],
];

/** Show a job's report, or nothing where there is none yet. @param {Report | null} report */
export function showReport(report) {
  const facts = report ? rows(report).filter(([, fact]) => fact) : [];
  const items = facts.map(([title, fact, words]) => {
    const value = make("dd", {}, fact);
    if (words) value.append(make("small", {}, words));
    return make("div", {}, make("dt", {}, title), value);
  });
  byId("report").hidden = !items.length;
  byId("report-list").replaceChildren(...items);
  byId("advice").hidden = !report?.advice;
  byId("advice").textContent = report?.advice ?? "";
}
