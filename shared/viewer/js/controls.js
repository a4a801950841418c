/** How a cloud is shown, and the controls for it: the same words and shapes on the page and in view.html. */

import { HEAD_MARKUP } from "./head-controls.js";
import { MARKS_MARKUP } from "./marks-view.js";
import { listenForPrint } from "./print.js";
import { STILLS_MARKUP } from "./stills.js";

/** @type {Appearance} */
export const DEFAULTS = { mode: "points", color: "grayscale", size: 1.35, light: -35 };

/** Values and their words. */
const CHOICES = {
  mode: { points: "Points", surface: "Surface", head: "Head" },
  color: { grayscale: "Grayscale", photo: "Photo", confidence: "Confidence", classes: "Classes" },
};

const RANGES = {
  size: { min: 0.25, max: 3, step: 0.05 },
  light: { min: -80, max: 80, step: 1 },
};

/** "mode,color,size,light" @param {Appearance} appearance */
export const appearanceToText = ({ mode, color, size, light }) => [mode, color, size, light].join(",");

/** What of a text is valid. @param {string} text @returns {Partial<Appearance>} */
export function appearanceFromText(text) {
  const [mode, color, ...numbers] = text.split(",");
  const valid = [];
  if (Object.hasOwn(CHOICES.mode, mode)) valid.push(["mode", mode]);
  if (Object.hasOwn(CHOICES.color, color)) valid.push(["color", color]);
  for (const [index, [name, { min, max }]] of Object.entries(RANGES).entries()) {
    const value = Number(numbers[index] || NaN);
    if (value >= min && value <= max) valid.push([name, value]);
  }
  return Object.fromEntries(valid);
}

const HINT = matchMedia("(hover: none)").matches
  ? "Drag to turn, pinch to zoom, tap a point"
  : "Drag to turn, scroll to zoom, double-click to come nearer";
const KEYS = "Arrow keys turn, with Shift they move; plus and minus zoom, 0 resets.";
const CAMERA = "M3 6.5h3l1.2-2h5.6l1.2 2h3v9H3zM10 13.5a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6";

/** A button with a picture. @param {string} act @param {string} label @param {string} strokes on a 20 x 20 grid */
const iconButton = (act, label, strokes) =>
  `<button type="button" class="rv-icon" title="${label}" aria-label="${label}" data-act="${act}">` +
  `<svg viewBox="0 0 20 20" aria-hidden="true"><path d="${strokes}"/></svg></button>`;

/** Radio buttons that look like one switch. @param {keyof typeof CHOICES} property @param {string} label */
function choice(property, label) {
  const options = Object.entries(CHOICES[property]).map(
    ([value, words]) =>
      `<label><input type="radio" name="rv-${property}" value="${value}" data-option="${property}">` +
      `<span>${words}</span></label>`,
  );
  return `<div class="rv-choice" role="radiogroup" aria-label="${label}">${options.join("")}</div>`;
}

/** A number within its range. @param {keyof typeof RANGES} property @param {string} label */
function slider(property, label) {
  const { min, max, step } = RANGES[property];
  const input = `<input type="range" min="${min}" max="${max}" step="${step}" data-option="${property}">`;
  return `<label class="rv-slider rv-${property}"><span>${label}</span>${input}</label>`;
}

/** The stage, which receives gestures and keys, the bar below it, and the icons in its corner. */
const MARKUP = `
  <p class="rv-about" id="rv-about"></p>
  <div class="rv-stage" tabindex="0" role="application" aria-label="3D face. ${HINT}. ${KEYS}"
       aria-describedby="rv-about">
    <div class="rv-graph"></div>
    <ul class="rv-legend" aria-label="Colours" hidden></ul>
    <canvas class="rv-overlay" aria-hidden="true"></canvas>
    <p class="rv-hint" aria-hidden="true">${HINT}</p>
  </div>
  <div class="rv-bar" role="group" aria-label="3D view">
    ${choice("mode", "Shape")} ${choice("color", "Colour")} ${slider("size", "Size")} ${slider("light", "Light")}
  </div>
  ${HEAD_MARKUP}
  <div class="rv-icons">
    ${iconButton("mark", "Mark points", "M2.5 13.5l11-11 4 4-11 11zM6 10l1.5 1.5M9 7l2.5 2.5M12 4l1.5 1.5")}
    ${iconButton("reset", "Reset view", "M4 10a6 6 0 1 0 2-4.5M6 2.5v3.2h3.2")}
    ${iconButton("snapshot", "Save a picture", CAMERA)}
    ${iconButton("fullscreen", "Full screen", "M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4")}
  </div>
  ${MARKS_MARKUP}
  ${STILLS_MARKUP}`;

/**
 * Fill the host with the stage and the controls.
 * @param {HTMLElement} host @param {(change: Partial<Appearance>) => void} set
 * @param {{ reset: () => void, mark: () => void, snapshot: import("./print.js").Snapshot }} acts of the icons
 */
export function build(host, set, { reset, mark, snapshot }) {
  host.classList.add("rv");
  host.innerHTML = MARKUP;
  const graph = /** @type {PlotlyGraph} */ (host.querySelector(".rv-graph"));
  /** @type {Record<string, () => void>} */
  const acts = { reset, mark, snapshot: () => save(snapshot()), fullscreen: () => toggleFullscreen(host) };
  for (const [act, run] of Object.entries(acts)) {
    host.querySelector(`[data-act="${act}"]`)?.addEventListener("click", run);
  }
  listenForPrint(host, snapshot);
  for (const input of options(host)) {
    const value = () => (input.type === "radio" ? input.value : input.valueAsNumber);
    input.addEventListener("input", () => set({ [String(input.dataset.option)]: value() }));
  }
  return { graph, stage: /** @type {HTMLElement} */ (graph.parentElement) };
}

/** The controls of how a cloud is shown. @param {HTMLElement} host @returns {NodeListOf<HTMLInputElement>} */
const options = (host) => host.querySelectorAll("[data-option]");

/** What a choice's value is chosen with. @param {HTMLElement} host @param {string} value */
const labelOf = (host, value) => /** @type {HTMLElement} */ (host.querySelector(`[value="${value}"]`)?.parentElement);

/** Offer the head as a shape, or not. @param {HTMLElement} host @param {boolean} offered */
export const offerHead = (host, offered) => (labelOf(host, "head").hidden = !offered);

/** Offer a cloud's classes as a colour, if it has any. @param {HTMLElement} host @param {SeenClass[]} classes */
export function offerClasses(host, classes) {
  labelOf(host, "classes").hidden = !classes.length;
  const rows = classes.filter(({ seen }) => seen).map(({ name, color }) => {
    const row = document.createElement("li");
    row.textContent = name;
    row.style.setProperty("--rv-class", color);
    return row;
  });
  host.querySelector(".rv-legend")?.replaceChildren(...rows);
}

/** Show in the bar what holds now. @param {HTMLElement} host @param {Appearance} appearance */
export function reflect(host, appearance) {
  host.dataset.mode = appearance.mode;
  /** @type {HTMLElement} */ (host.querySelector(".rv-head")).hidden = appearance.mode !== "head";
  /** @type {HTMLElement} */ (host.querySelector(".rv-legend")).hidden = appearance.color !== "classes";
  for (const input of options(host)) {
    const value = appearance[/** @type {keyof Appearance} */ (input.dataset.option)];
    if (input.type === "radio") input.checked = input.value === value;
    else input.value = String(value);
  }
}

/** Download a picture. @param {HTMLCanvasElement} picture */
async function save(picture) {
  /** @type {Blob | null} */
  const png = await new Promise((resolve) => picture.toBlob(resolve));
  if (!png) throw new Error("There is no memory for a picture.");
  const link = document.createElement("a");
  link.download = "relief.png";
  link.href = URL.createObjectURL(png);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Fill the screen, or leave it. @param {HTMLElement} host */
function toggleFullscreen(host) {
  if (document.fullscreenElement) document.exitFullscreen();
  else host.requestFullscreen?.();
}
