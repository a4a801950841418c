/** Says in words what the view shows and from where, for those who do not see it. */

const STRAIGHT_DEG = 5;
const LEVEL_DEG = 15;
const NUMBER = new Intl.NumberFormat("en");
const LIST = new Intl.ListFormat("en");
const COLORS = {
  grayscale: "lighter is nearer",
  photo: "in the photo's colours",
  confidence: "lighter is more certain",
  classes: "coloured by what they are",
};

/** "from 20° left of the front, and from above" @param {{ yaw: number, pitch: number }} pose */
export function sideText({ yaw, pitch }) {
  const turned = Math.round(((((yaw + 180) % 360) + 360) % 360) - 180); // to the picture's right
  const away = Math.abs(turned);
  const side = `from ${away}° ${turned > 0 ? "right" : "left"} of the front`;
  const words = away < STRAIGHT_DEG ? "from the front" : away > 180 - STRAIGHT_DEG ? "from behind" : side;
  return Math.abs(pitch) < LEVEL_DEG ? words : `${words}, and from ${pitch > 0 ? "above" : "below"}`;
}

/** "152 mm wide, 210 mm high and 98 mm deep" @param {number[][]} bounds @param {string} unit */
function sizeText(bounds, unit) {
  if (unit !== "mm") return "of unknown size";
  const words = ["wide", "high", "deep"];
  return LIST.format(bounds.map(([low, high], axis) => `${Math.round(high - low)} mm ${words[axis]}`));
}

/** What is shown until the face itself is there. @param {Shown} shown */
const roughText = ({ color, pose }) => `A rough first view of a face, ${COLORS[color]}; seen ${sideText(pose)}.`;

/** What is shown: "98,824 points of hair, skin and clothes" @param {Shown} shown */
function whatText({ mode, points, cloud, hair }) {
  if (mode === "head") return `A whole head${hair ? "" : " without its hair"}`;
  const seen = cloud.classes.filter((each) => each.seen).map(({ name }) => (name === "other" ? "other parts" : name));
  const of = `${NUMBER.format(points.count)} points of ${seen.length ? LIST.format(seen) : "a face"}`;
  return mode === "surface" ? `A surface through ${of}` : of;
}

/**
 * What a view shows.
 * @typedef {{ mode: Appearance["mode"], color: Appearance["color"], points: Points, cloud: Cloud, pose: Pose,
 *   bounds: number[][], hair: boolean }} Shown bounds: lowest and highest x, y, z of it; hair: whether that is seen
 */

/** All of it. @param {Shown} shown */
function aboutText(shown) {
  const size = sizeText(shown.bounds, shown.cloud.unit);
  return `${whatText(shown)}, ${size}, ${COLORS[shown.color]}; seen ${sideText(shown.pose)}.`;
}

/** Lowest and highest x, y, z of parts of a head. @param {[number, HeadPart][]} parts */
function boundsOf(parts) {
  return [0, 1, 2].map((axis) => [
    Math.min(...parts.map(([, { bounds }]) => bounds[axis][0])),
    Math.max(...parts.map(([, { bounds }]) => bounds[axis][1])),
  ]);
}

/**
 * Say what a view shows now.
 * @param {{ host: HTMLElement, mode: Appearance["mode"], shown: Appearance, points?: Points, cloud?: Cloud,
 *   orbit: { pose: Pose }, head: import("./head-view.js").HeadView }} viewer
 */
export function describe({ host, mode, shown, points, cloud, orbit, head }) {
  const place = host.querySelector(".rv-about");
  if (!place || !points || !cloud) return;
  const bounds = mode === "head" && head.mesh ? boundsOf(head.mesh.shown(head.hair)) : points.framed.bounds;
  const text = host.dataset.preview ? roughText : aboutText;
  place.textContent = text({ ...shown, mode, points, cloud, pose: orbit.pose, bounds, hair: head.hair });
}
