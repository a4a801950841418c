/** The viewer's own controls, in the same words and shapes on the page and in view.html. */

import { CHOICES, RANGES } from "./appearance.js";
import { snapshot } from "./internals.js";

/** @typedef {import("./appearance.js").Appearance} Appearance */
/** @typedef {(change: Partial<Appearance>) => void} Set */

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
 * Make an element.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {Record<string, string>} attributes @param {...(Node|string)} children
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** A picture for a button. @param {keyof typeof ICONS} name */
function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button with a picture. @param {keyof typeof ICONS} name @param {string} label @param {() => void} act */
function iconButton(name, label, act) {
  const button = element("button", { type: "button", class: "rv-icon", title: label, "aria-label": label }, icon(name));
  button.dataset.act = name;
  button.addEventListener("click", act);
  return button;
}

let groups = 0; // radio buttons of two viewers in one page must not share a name

/**
 * A choice of a few, as radio buttons that look like one switch.
 * @param {keyof typeof CHOICES} property @param {string} label @param {Set} set
 */
function choice(property, label, set) {
  const name = `rv-${property}-${++groups}`;
  const group = element("div", { role: "radiogroup", "aria-label": label, class: "rv-choice" });
  for (const [value, words] of Object.entries(CHOICES[property])) {
    const radio = element("input", { type: "radio", name, value });
    radio.dataset.option = property;
    radio.addEventListener("change", () => set({ [property]: value }));
    group.append(element("label", {}, radio, element("span", {}, words)));
  }
  return group;
}

/** A number within its range. @param {keyof typeof RANGES} property @param {string} label @param {Set} set */
function slider(property, label, set) {
  const range = Object.entries(RANGES[property]).map(([name, value]) => [name, String(value)]);
  const input = element("input", { type: "range", ...Object.fromEntries(range) });
  input.dataset.option = property;
  input.addEventListener("input", () => set({ [property]: input.valueAsNumber }));
  return element("label", { class: `rv-slider rv-${property}` }, element("span", {}, label), input);
}

/**
 * The bar below the view, and the icons in its corner.
 * @param {{ set: Set, reset: () => void, snapshot: () => void, fullscreen: () => void }} act
 * @returns {{ bar: HTMLElement, icons: HTMLElement, reflect: (appearance: Appearance) => void }} reflect shows in the
 *   bar what holds now
 */
export function controls(act) {
  const icons = element(
    "div",
    { class: "rv-icons" },
    iconButton("reset", "Reset view", act.reset),
    iconButton("snapshot", "Save a picture", act.snapshot),
    iconButton("fullscreen", "Full screen", act.fullscreen),
  );
  const bar = element(
    "div",
    { class: "rv-bar", role: "group", "aria-label": "3D view" },
    choice("mode", "Shape", act.set),
    choice("color", "Colour", act.set),
    slider("size", "Size", act.set),
    slider("light", "Light", act.set),
  );
  const reflect = (/** @type {Appearance} */ appearance) => {
    bar.dataset.mode = appearance.mode;
    for (const input of bar.querySelectorAll("input")) {
      const value = appearance[/** @type {keyof Appearance} */ (input.dataset.option)];
      if (input.type === "radio") input.checked = input.value === value;
      else input.value = String(value);
    }
  };
  return { bar, icons, reflect };
}

/** What receives gestures and keys. @param {HTMLElement} graph */
export function stageAround(graph) {
  const keys = "Arrow keys turn, with Shift they move; plus and minus zoom, 0 resets.";
  const label = `3D face. ${HINT}. ${keys}`;
  const attributes = { class: "rv-stage", tabindex: "0", role: "application", "aria-label": label };
  return element("div", attributes, graph, element("p", { class: "rv-hint", "aria-hidden": "true" }, HINT));
}

/** Download what is seen. @param {PlotlyGraph} graph */
export async function saveSnapshot(graph) {
  const link = element("a", { download: "relief.png" });
  link.href = URL.createObjectURL(await snapshot(graph));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Fill the screen, or leave it. @param {HTMLElement} host */
export function toggleFullscreen(host) {
  if (document.fullscreenElement) document.exitFullscreen();
  else host.requestFullscreen?.();
}
