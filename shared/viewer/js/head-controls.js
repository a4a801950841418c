/** The controls of a head: sliders of its expressions, and buttons; below the bar of the view. */

import { EXPRESSIONS } from "./expressions.js";

/** A slider of an expression. @param {[string, Expression]} entry */
const slider = ([name, { word }]) =>
  `<label class="rv-slider"><span>${word}</span>` +
  `<input type="range" min="0" max="1" step="0.01" data-expression="${name}"></label>`;

/** A button that stays pressed, or one that does something once. @param {string} act @param {string} word */
const toggle = (act, word) =>
  `<button type="button" class="rv-button" aria-pressed="false" data-head="${act}">${word}</button>`;
const button = (/** @type {string} */ act, /** @type {string} */ word) =>
  `<button type="button" class="rv-button" data-head="${act}">${word}</button>`;

export const HEAD_MARKUP = `
  <div class="rv-head" role="group" aria-label="Head" hidden>
    <div class="rv-sliders">${Object.entries(EXPRESSIONS).map(slider).join("")}</div>
    <div class="rv-buttons">
      ${button("photo", "As in the photo")} ${button("neutral", "Neutral")} ${toggle("play", "Play")}
      ${toggle("hair", "Hair")} ${toggle("turn", "Turntable")}
    </div>
  </div>`;

/**
 * Call what a person does.
 * @param {HTMLElement} host @param {(slider: string, value: number) => void} slide
 * @param {Record<string, () => void>} acts of the buttons
 */
export function listenForHead(host, slide, acts) {
  for (const input of inputs(host)) {
    input.addEventListener("input", () => slide(String(input.dataset.expression), input.valueAsNumber));
  }
  for (const button of buttons(host)) button.addEventListener("click", acts[String(button.dataset.head)]);
}

/**
 * Show what holds now.
 * @param {HTMLElement} host @param {(slider: string) => number} at where each slider is
 * @param {Record<string, boolean>} pressed which buttons are pressed @param {Record<string, boolean>} offered and there
 */
export function reflectHead(host, at, pressed, offered) {
  for (const input of inputs(host)) input.value = String(at(String(input.dataset.expression)));
  for (const button of buttons(host)) {
    const act = String(button.dataset.head);
    if (act in pressed) button.setAttribute("aria-pressed", String(pressed[act]));
    if (act in offered) button.hidden = !offered[act];
  }
}

/** @param {HTMLElement} host @returns {NodeListOf<HTMLInputElement>} */
const inputs = (host) => host.querySelectorAll("[data-expression]");

/** @param {HTMLElement} host @returns {NodeListOf<HTMLButtonElement>} */
const buttons = (host) => host.querySelectorAll("[data-head]");
