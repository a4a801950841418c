/** What Plotly draws: the cloud as square markers, or as a lit surface. */

import { triangles } from "./shape.js";

const BACKGROUND = "#0a0a0a";

// The farthest points stay visible on the background; a lit surface gets its shape from light, so it starts higher.
const DARKEST = { points: 34, surface: 120 };
const RAMP_POWER = 1.6; // room for the relief of the face
// Brightness of points by the lamp's light on them, from those that look away to those that face it.
const SHADE = { unlit: 0.5, lit: 1.12 };
// Of surfaces. A photo has its own light in it.
const LIGHTING = { gray: { ambient: 0.36, diffuse: 0.74 }, photo: { ambient: 0.62, diffuse: 0.5 } };
const MATTE = { specular: 0, roughness: 1, fresnel: 0 };
const CLASS_SHADE = { unlit: 0.62, lit: 1 }; // less than on gray, so that each colour is known again
const DOUBTED = 0.22; // brightness of what is not trusted at all, next to what is fully
export const HOVER_LABEL = {
  bgcolor: "#fff",
  bordercolor: "#fff",
  font: { color: "#0a0a0a", size: 12, family: "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" },
};

/**
 * CSS colour of some points.
 * @param {Cloud} cloud @param {Float32Array} light @param {Uint32Array} pixels @param {Appearance} appearance
 */
function colors(cloud, light, pixels, { color, mode }) {
  if (color === "classes") return classColors(cloud, light, pixels, mode === "surface");
  if (color === "photo") return Array.from(pixels, (p) => `rgb(${cloud.red[p]},${cloud.green[p]},${cloud.blue[p]})`);
  const gray = Array.from({ length: 256 }, (_, level) => `rgb(${level},${level},${level})`);
  if (color === "confidence") {
    const trust = (/** @type {number} */ p) => DOUBTED + (1 - DOUBTED) * (cloud.confidence[p] / 255);
    return Array.from(pixels, (p) => gray[Math.round((170 + cloud.gray[p] / 3) * trust(p))]); // relief shows too
  }
  const darkest = mode === "surface" ? DARKEST.surface : DARKEST.points;
  const levels = gray.map((_, nearness) => Math.round(darkest + (255 - darkest) * (nearness / 255) ** RAMP_POWER));
  if (mode === "surface") return Array.from(pixels, (p) => gray[levels[cloud.gray[p]]]); // Plotly lights it
  const shade = (/** @type {number} */ p) => SHADE.unlit + (SHADE.lit - SHADE.unlit) * light[p];
  return Array.from(pixels, (p) => gray[Math.min(255, Math.round(levels[cloud.gray[p]] * shade(p)))]);
}

/**
 * CSS colours by class; the light on points is drawn in, that on a surface is Plotly's.
 * @param {Cloud} cloud @param {Float32Array} light @param {Uint32Array} pixels @param {boolean} plain without light
 */
function classColors(cloud, light, pixels, plain) {
  const steps = Array.from({ length: 64 }, (_, step) => step / 63);
  const shades = cloud.classes.map(({ color }) => steps.map((step) => shaded(color, plain ? 1 : step)));
  return Array.from(pixels, (p) => shades[cloud.classOf[p]][Math.round(light[p] * 63)]);
}

/** A colour in some light. @param {string} color as #rrggbb @param {number} light 0..1 */
function shaded(color, light) {
  const channels = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  const brightness = CLASS_SHADE.unlit + (CLASS_SHADE.lit - CLASS_SHADE.unlit) * light;
  return `rgb(${channels.map((channel) => Math.round(channel * brightness))})`;
}

/** Text beside the hovered point; z is the distance from the photo's camera, as in the file. @param {Cloud} cloud */
function hoverTemplate({ unit, classes }) {
  const [digits, suffix] = unit === "mm" ? [".1f", " mm"] : [".3f", ""];
  const line = (/** @type {string} */ axis, /** @type {string} */ name) => `${axis} %{${name}:${digits}}${suffix}`;
  const name = classes.length ? "<br>%{text}" : "";
  return `${line("x", "x")}<br>${line("y", "y")}<br>${line("z", "customdata")}${name}<extra></extra>`;
}

/**
 * What Plotly draws of a cloud.
 * @param {Cloud} cloud @param {Points} points @param {Appearance} appearance @param {number} [count] the first so many
 *   points, for a rough view
 */
export function trace(cloud, points, appearance, count) {
  const surface = appearance.mode === "surface";
  const end = surface ? points.count : count;
  const pixels = points.pixels.subarray(0, end);
  const color = colors(cloud, points.light, pixels, appearance);
  const [x, y, z, depth] = [points.x, points.y, points.z, points.depth].map((all) => all.subarray(0, end));
  const text = cloud.classes.length ? Array.from(pixels, (p) => cloud.classes[cloud.classOf[p]].name) : undefined;
  const hover = { customdata: depth, text, hovertemplate: hoverTemplate(cloud), hoverlabel: HOVER_LABEL };
  const common = { x, y, z, ...hover, uid: appearance.mode };
  if (!surface) {
    // Squares without an outline: two to three times faster than Plotly's circles.
    const marker = { symbol: "square", size: 1, color, line: { width: 0 } };
    return { ...common, type: "scatter3d", mode: "markers", marker };
  }
  const lit = { flatshading: false, lighting: lighting(appearance.color) };
  return { ...common, type: "mesh3d", ...triangles(cloud, points), vertexcolor: color, ...lit };
}

/** How a surface takes light. @param {Appearance["color"]} color */
export const lighting = (color) => ({ ...(color === "photo" ? LIGHTING.photo : LIGHTING.gray), ...MATTE });

/** The scene round traces: no axes are seen; all have equal units. @param {Framing} framing @param {object} camera */
export function layout({ bounds, longest }, camera) {
  const ranges = bounds.map(([low, high]) => [low - longest / 100, high + longest / 100]);
  const axis = { visible: false, showspikes: false, autorange: false };
  const [xaxis, yaxis, zaxis] = ranges.map((range) => ({ ...axis, range }));
  const [x, y, z] = ranges.map(([low, high]) => (high - low) / longest);
  return {
    autosize: true,
    margin: { l: 0, r: 0, t: 0, b: 0 },
    paper_bgcolor: BACKGROUND,
    uirevision: "kept",
    scene: {
      camera,
      bgcolor: BACKGROUND,
      xaxis,
      yaxis,
      zaxis,
      aspectmode: "manual", // the same as "data", but the same too for points, surface and a rough view
      aspectratio: { x, y, z },
      dragmode: false, // orbit.js turns the camera
      hovermode: "closest",
    },
  };
}
