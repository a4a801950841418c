// @ts-check
/** The viewer's own controls, in the same words and shapes on the page and in view.html. */

import { snapshot } from "./internals.js";

/** @typedef {import("./traces.js").Options} Options */

const HINT = matchMedia("(hover: none)").matches
  ? "Drag to turn, pinch to zoom, tap a point"
  : "Drag to turn, scroll to zoom, double-click to come nearer";

/** Strokes on a 20 x 20 grid. */
const ICONS = {
  reset: "M4 10a6 6 0 1 0 2-4.5M6 2.5v3.2h3.2",
  snapshot: "M3 6.5h3l1.2-2h5.6l1.2 2h3v9H3zM10 13.5a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6",
  fullscreen: "M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4",
};

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {Record<string, string>} attributes @param {...(Node|string)} children
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** @param {keyof typeof ICONS} name */
function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** @param {keyof typeof ICONS} name @param {string} label @param {() => void} act */
function iconButton(name, label, act) {
  const button = element("button", { type: "button", class: "rv-icon", title: label, "aria-label": label }, icon(name));
  button.dataset.act = name;
  button.addEventListener("click", act);
  return button;
}

let groups = 0; // radio buttons of two viewers in one page must not share a name

/**
 * A choice of a few, as radio buttons that look like one switch.
 * @param {keyof Options} option @param {string} label @param {[string, string][]} choices value and words
 * @param {(change: Partial<Options>) => void} set
 */
function choice(option, label, choices, set) {
  const name = `rv-${option}-${++groups}`;
  const group = element("div", { role: "radiogroup", "aria-label": label, class: "rv-choice" });
  for (const [value, words] of choices) {
    const radio = element("input", { type: "radio", name, value });
    radio.dataset.option = option;
    radio.addEventListener("change", () => set({ [option]: value }));
    group.append(element("label", {}, radio, element("span", {}, words)));
  }
  return group;
}

/**
 * @param {keyof Options} option @param {string} label @param {{min: number, max: number, step: number}} range
 * @param {(change: Partial<Options>) => void} set
 */
function slider(option, label, range, set) {
  const bounds = { min: String(range.min), max: String(range.max), step: String(range.step) };
  const input = element("input", { type: "range", ...bounds });
  input.dataset.option = option;
  input.addEventListener("input", () => set({ [option]: input.valueAsNumber }));
  return element("label", { class: `rv-slider rv-${option}` }, element("span", {}, label), input);
}

/**
 * @param {{ set: (change: Partial<Options>) => void, reset: () => void, snapshot: () => void, fullscreen: () => void }} act
 * @returns {{ bar: HTMLElement, icons: HTMLElement, reflect: (options: Options) => void }} the bar stands below the view, the
 * icons in its corner; reflect shows the options that hold now
 */
export function controls(act) {
  const views = [
    choice("mode", "Shape", [["points", "Points"], ["surface", "Surface"]], act.set),
    choice("color", "Colour", [["grayscale", "Grayscale"], ["photo", "Photo"], ["confidence", "Confidence"]], act.set),
    slider("size", "Size", { min: 0.25, max: 3, step: 0.05 }, act.set),
    slider("light", "Light", { min: -80, max: 80, step: 1 }, act.set),
  ];
  const icons = element(
    "div",
    { class: "rv-icons" },
    iconButton("reset", "Reset view", act.reset),
    iconButton("snapshot", "Save a picture", act.snapshot),
    iconButton("fullscreen", "Full screen", act.fullscreen),
  );
  const bar = element("div", { class: "rv-bar", role: "group", "aria-label": "3D view" }, ...views);
  const reflect = (/** @type {Options} */ options) => {
    bar.dataset.mode = options.mode;
    for (const input of bar.querySelectorAll("input")) {
      const value = options[/** @type {keyof Options} */ (input.dataset.option)];
      if (input.type === "radio") input.checked = input.value === value;
      else input.value = String(value);
    }
  };
  return { bar, icons, reflect };
}

/** What receives gestures and keys. @param {HTMLElement} graph */
export function stageAround(graph) {
  const keys = "Arrow keys turn, with Shift they move; plus and minus zoom, 0 resets.";
  const attributes = { class: "rv-stage", tabindex: "0", role: "application", "aria-label": `3D face. ${HINT}. ${keys}` };
  return element("div", attributes, graph, element("p", { class: "rv-hint", "aria-hidden": "true" }, HINT));
}

/** Download what is seen. @param {any} graph */
export async function saveSnapshot(graph) {
  const link = element("a", { download: "relief.png" });
  link.href = URL.createObjectURL(await snapshot(graph));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** @param {HTMLElement} host */
export function toggleFullscreen(host) {
  if (document.fullscreenElement) document.exitFullscreen();
  else host.requestFullscreen?.();
}
