/** Marks in the view: set by clicks or keys, what they say in a panel, and drawn over the view. */

import { asLinked, LETTERS, marksFromText, marksToText, marked, MOST_MARKS, rows, textOf } from "./marks.js";
import { drawCross, drawMarks } from "./overlay.js";

const COPIED_MS = 2000;
export const MARKS_MARKUP = `
  <div class="rv-marks" role="group" aria-label="Marks" hidden>
    <p role="status"></p>
    <dl></dl>
    <div>
      <button type="button" class="rv-button" data-mark="copy">Copy</button>
      <button type="button" class="rv-button" data-mark="clear">Clear</button>
    </div>
  </div>`;

/**
 * What the viewer has for it: its camera, its cloud, and what is seen at a pixel; told when marks change.
 * @typedef {object} Markable
 * @property {() => import("./screen.js").Screen | null} screen
 * @property {() => Cloud | undefined} cloud
 * @property {(at: Point2D) => number[] | null} pick
 * @property {() => void} changed
 */

/** The marks of a view. */
export class MarksView {
  /** @param {HTMLElement} host @param {HTMLElement} stage @param {Markable} view */
  constructor(host, stage, view) {
    this.host = host;
    this.stage = stage;
    this.view = view;
    this.on = false;
    /** @type {number[][]} */
    this.marks = [];
    this.canvas = /** @type {HTMLCanvasElement} */ (host.querySelector(".rv-overlay"));
    this.panel = /** @type {HTMLElement} */ (host.querySelector(".rv-marks"));
    /** @type {Accuracy | null} */
    this.accuracy = null; // of lengths in the cloud; to be set before it is shown
    this.button("copy").addEventListener("click", () => this.copy());
    this.button("clear").addEventListener("click", () => this.setMarks([]));
    stage.addEventListener("keydown", (event) => this.key(event));
    for (const change of ["focus", "blur"]) stage.addEventListener(change, () => this.draw());
  }

  /** A button of the panel. @param {string} act */
  button(act) {
    return /** @type {HTMLButtonElement} */ (this.panel.querySelector(`[data-mark="${act}"]`));
  }

  /** The marks as text, for a link; empty while marking is off. */
  get text() {
    return this.on ? marksToText(this.marks) : "";
  }

  set text(text) {
    this.marks = marksFromText(text);
    this.on = this.marks.length > 0;
    this.show();
  }

  /** Mark the point at a tap or click, while marking is on; else false. @param {PointerEvent} event */
  tap({ clientX, clientY }) {
    if (!this.on) return false;
    const { left, top } = this.canvas.getBoundingClientRect();
    this.mark({ x: clientX - left, y: clientY - top });
    return true;
  }

  /** Begin to mark, or end it. */
  toggle() {
    this.on = !this.on;
    this.show();
    this.view.changed();
  }

  /** Mark what is seen there; the fourth mark is the first one again. @param {Point2D} at pixels of the stage */
  mark(at) {
    const place = this.view.pick(at);
    if (place) this.setMarks([...(this.marks.length < MOST_MARKS ? this.marks : []), asLinked(place)]);
  }

  /** @param {number[][]} marks */
  setMarks(marks) {
    this.marks = marks;
    this.show();
    this.view.changed();
  }

  /** Mark the middle of the view, or take the last mark back. @param {KeyboardEvent} event */
  key(event) {
    if (!this.on || !["Enter", "Backspace"].includes(event.key)) return;
    event.preventDefault();
    if (event.key === "Backspace") this.setMarks(this.marks.slice(0, -1));
    else this.mark({ x: this.canvas.clientWidth / 2, y: this.canvas.clientHeight / 2 });
  }

  /** What the marks say, while marking is on. */
  get found() {
    const cloud = this.view.cloud();
    return this.on && cloud ? marked(cloud, this.marks, this.accuracy) : null;
  }

  /** Show what the marks say. */
  show() {
    const { found } = this;
    this.host.toggleAttribute("data-marking", this.on);
    this.panel.hidden = !this.on;
    this.host.querySelector('[data-act="mark"]')?.setAttribute("aria-pressed", String(this.on));
    const next = LETTERS[this.marks.length];
    const words = next ? `Click the face to mark ${next}` : "";
    /** @type {HTMLElement} */ (this.panel.querySelector("p")).textContent = words;
    const list = found ? rows(found).flatMap(([term, value]) => [element("dt", term), element("dd", value)]) : [];
    this.panel.querySelector("dl")?.replaceChildren(...list);
    this.button("copy").disabled = this.marks.length < 2;
    this.button("clear").disabled = !this.marks.length;
    this.draw();
  }

  /** Draw over the view as it is seen now. */
  draw() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const ratio = devicePixelRatio;
    Object.assign(this.canvas, { width: width * ratio, height: height * ratio }); // which clears it
    const context = this.canvas.getContext("2d");
    if (!context || !this.on || !width) return;
    this.drawOn(context, ratio);
    if (this.stage.matches(":focus-visible")) drawCross(context, { width, height });
  }

  /** Draw the marks and what they say. @param {CanvasRenderingContext2D} context @param {number} ratio to CSS pixels */
  drawOn(context, ratio) {
    const [found, screen] = [this.found, this.view.screen()];
    if (!found || !screen) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    drawMarks(context, found, screen, { width: this.canvas.clientWidth, height: this.canvas.clientHeight });
  }

  /** Copy what the marks say as text; where the browser has no clipboard to offer, it is selected. */
  async copy() {
    const { found } = this;
    if (!found) return;
    const copied = await navigator.clipboard?.writeText(textOf(found)).then(() => true, () => false);
    if (!copied) getSelection()?.selectAllChildren(/** @type {Node} */ (this.panel.querySelector("dl")));
    const button = this.button("copy");
    button.textContent = copied ? "Copied" : "Selected: copy it";
    setTimeout(() => (button.textContent = "Copy"), COPIED_MS);
  }
}

/** @param {string} tag @param {string} text */
const element = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
