/** What Plotly draws: the cloud as square markers, or as a lit surface. */

import { triangles } from "./shape.js";

/** @typedef {import("./appearance.js").Appearance} Appearance */
/** @typedef {import("./cloud.js").Cloud} Cloud */
/** @typedef {import("./cloud.js").Points} Points */

export const BACKGROUND = "#0a0a0a";

// The farthest points stay visible on the background; a lit surface gets its shape from light, so it starts higher.
const DARKEST = { points: 34, surface: 120 };
const RAMP_POWER = 1.6; // room for the relief of the face
// Brightness of points by the lamp's light on them, from those that look away to those that face it.
const SHADE = { unlit: 0.5, lit: 1.12 };
// Of surfaces. A photo has its own light in it.
const LIGHTING = { gray: { ambient: 0.36, diffuse: 0.74 }, photo: { ambient: 0.62, diffuse: 0.5 } };
const DOUBTED = 0.22; // brightness of what is not trusted at all, next to what is fully

/** CSS colour of every point. @param {Cloud} cloud @param {Points} points @param {Appearance} appearance */
function colors(cloud, points, { color, mode }) {
  if (color === "photo") {
    return Array.from(points.pixels, (p) => `rgb(${cloud.red[p]},${cloud.green[p]},${cloud.blue[p]})`);
  }
  const gray = Array.from({ length: 256 }, (_, level) => `rgb(${level},${level},${level})`);
  if (color === "confidence") {
    const trust = (/** @type {number} */ p) => DOUBTED + (1 - DOUBTED) * (cloud.confidence[p] / 255);
    return Array.from(points.pixels, (p) => gray[Math.round((170 + cloud.gray[p] / 3) * trust(p))]); // relief shows too
  }
  const darkest = DARKEST[mode];
  const levels = gray.map((_, nearness) => Math.round(darkest + (255 - darkest) * (nearness / 255) ** RAMP_POWER));
  if (mode === "surface") return Array.from(points.pixels, (p) => gray[levels[cloud.gray[p]]]); // Plotly lights it
  const shade = (/** @type {number} */ p) => SHADE.unlit + (SHADE.lit - SHADE.unlit) * points.light[p];
  return Array.from(points.pixels, (p) => gray[Math.min(255, Math.round(levels[cloud.gray[p]] * shade(p)))]);
}

/** Text beside the hovered point. @param {Cloud} cloud */
function hoverTemplate({ unit }) {
  const [digits, suffix] = unit === "mm" ? [".1f", " mm"] : [".3f", ""];
  const line = (/** @type {string} */ axis, /** @type {string} */ name) => `${axis} %{${name}:${digits}}${suffix}`;
  return `${line("x", "x")}<br>${line("y", "y")}<br>${line("z", "customdata")}<extra></extra>`;
}

/** What both traces have. @param {Cloud} cloud @param {Points} points @param {number} [count] only the first so many */
function common(cloud, points, count) {
  const cut = (/** @type {Float32Array} */ values) => (count ? values.subarray(0, count) : values);
  return {
    x: cut(points.x),
    y: cut(points.y),
    z: cut(points.z),
    customdata: cut(points.depth), // z in the label is the distance from the photo's camera, as in the file
    hovertemplate: hoverTemplate(cloud),
    hoverlabel: {
      bgcolor: "#fff",
      bordercolor: "#fff",
      font: { color: "#0a0a0a", size: 12, family: "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" },
    },
  };
}

/**
 * The cloud as square markers.
 * @param {Cloud} cloud @param {Points} points @param {Appearance} appearance @param {number} [count]
 */
function pointsTrace(cloud, points, appearance, count) {
  return {
    type: "scatter3d",
    mode: "markers",
    ...common(cloud, points, count),
    // Squares without an outline: two to three times faster than Plotly's circles.
    marker: { symbol: "square", size: 1, color: colors(cloud, points, appearance), line: { width: 0 } },
  };
}

/** The cloud as a lit surface. @param {Cloud} cloud @param {Points} points @param {Appearance} appearance */
function surfaceTrace(cloud, points, appearance) {
  return {
    type: "mesh3d",
    ...common(cloud, points, points.count),
    ...triangles(cloud, points),
    vertexcolor: colors(cloud, points, appearance).slice(0, points.count),
    flatshading: false,
    lighting: { ...LIGHTING[appearance.color === "photo" ? "photo" : "gray"], specular: 0, roughness: 1, fresnel: 0 },
  };
}

/**
 * What Plotly draws of a cloud.
 * @param {Cloud} cloud @param {Points} points @param {Appearance} appearance @param {number} [count] rough view
 */
export function trace(cloud, points, appearance, count) {
  if (appearance.mode === "surface") return surfaceTrace(cloud, points, appearance);
  return pointsTrace(cloud, points, appearance, count);
}

/** The scene round the trace: no axes are seen, and all have equal units. @param {Points} points */
export function layout({ bounds }) {
  const longest = Math.max(...bounds.map(([low, high]) => high - low)) || 1;
  const ranges = bounds.map(([low, high]) => [low - longest / 100, high + longest / 100]);
  const axis = (/** @type {number[]} */ range) => ({ visible: false, showspikes: false, autorange: false, range });
  const aspect = ranges.map(([low, high]) => (high - low) / longest);
  return {
    autosize: true,
    margin: { l: 0, r: 0, t: 0, b: 0 },
    paper_bgcolor: BACKGROUND,
    uirevision: "kept",
    scene: {
      bgcolor: BACKGROUND,
      xaxis: axis(ranges[0]),
      yaxis: axis(ranges[1]),
      zaxis: axis(ranges[2]),
      aspectmode: "manual", // the same as "data", but the same too for points, surface and a rough view
      aspectratio: { x: aspect[0], y: aspect[1], z: aspect[2] },
      dragmode: false, // orbit.js turns the camera
      hovermode: "closest",
    },
  };
}
