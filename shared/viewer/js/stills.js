/** What is seen in place of the 3D view where that cannot be drawn: why, and pictures that were drawn beforehand. */

import { sideText } from "./about.js";

/** @type {Record<NotDrawn, string>} */
const WORDS = {
  waiting: "The 3D view was lost. It is drawn again\u2026",
  lost: "The 3D view was lost, as happens after sleep or by a driver's fault, and cannot be drawn again now.",
  webgl: "The 3D view needs WebGL, which this browser does not offer or has turned off.",
  library: "The 3D view needs plotly.js, which could not be loaded. Check your connection, and what blocks scripts.",
};
const TURN_PX = 220; // a drag as long as this takes a turntable from its first view to its last
const WIDE_DEG = 360;

export const STILLS_MARKUP = `
  <div class="rv-stills" role="group" aria-label="Pictures in place of the 3D view" tabindex="-1" hidden>
    <div class="rv-why">
      <p role="status"></p>
      <button type="button" class="rv-button" data-stills="again">Draw it again</button>
    </div>
    <div class="rv-pictures" hidden>
      <div class="rv-window"><img alt="" draggable="false"></div>
      <div class="rv-why">
        <div class="rv-choice" role="radiogroup" aria-label="Picture"></div>
        <label class="rv-slider"><span>Turn</span><input type="range" min="0" step="1"></label>
      </div>
    </div>
  </div>`;

/** The panel of these pictures. */
export class StillsView {
  /** @param {HTMLElement} host @param {() => void} again try to draw the 3D view */
  constructor(host, again) {
    this.host = host;
    this.panel = /** @type {HTMLElement} */ (host.querySelector(".rv-stills"));
    this.image = /** @type {HTMLImageElement} */ (this.panel.querySelector("img"));
    this.slider = /** @type {HTMLInputElement} */ (this.panel.querySelector(".rv-slider input"));
    /** @type {Stills[]} */
    this.pictures = [];
    /** @type {Stills | undefined} */
    this.shown = undefined;
    this.taken = false; // whether a person chose or turned what is shown
    this.panel.querySelector("[data-stills]")?.addEventListener("click", again);
    this.slider.addEventListener("input", () => this.turnBy(this.slider.valueAsNumber));
    this.image.addEventListener("load", () => this.fit());
    this.image.addEventListener("error", () => this.leaveOut());
    this.listenForDrags(/** @type {HTMLElement} */ (this.image.parentElement));
  }

  /** The pictures that there are. @param {Stills[]} pictures */
  offer(pictures) {
    if (JSON.stringify(pictures) === JSON.stringify(this.pictures)) return;
    this.pictures = pictures;
    if (!this.panel.hidden) this.showPictures();
  }

  /** Take the place of the 3D view, or give it back. @param {NotDrawn | ""} why */
  show(why) {
    const within = this.host.contains(document.activeElement);
    this.panel.hidden = !why;
    if (why) this.host.dataset.stills = why;
    else delete this.host.dataset.stills;
    /** @type {HTMLElement} */ (this.panel.querySelector("p")).textContent = why && WORDS[why];
    this.showPictures();
    if (!within || why === "waiting") return;
    const next = this.host.querySelector(why ? ".rv-stills" : ".rv-stage"); // what had the focus may be hidden now
    if (next && !isSeen(document.activeElement)) /** @type {HTMLElement} */ (next).focus({ preventScroll: true });
  }

  /** Show the choice of pictures, and that which a person took, else that of what the view would show. */
  showPictures() {
    const wanted = this.panel.hidden || this.host.dataset.stills === "waiting" ? [] : this.pictures;
    const choice = /** @type {HTMLElement} */ (this.panel.querySelector(".rv-choice"));
    /** @type {HTMLElement} */ (this.panel.querySelector(".rv-pictures")).hidden = !wanted.length;
    choice.hidden = wanted.length < 2;
    choice.replaceChildren(...wanted.map((picture) => this.option(picture)));
    const kept = this.taken && this.image.src ? wanted.find(({ url }) => url === this.shown?.url) : undefined;
    const first = kept ?? wanted.find(({ mode }) => mode === this.host.dataset.mode) ?? wanted[0];
    if (first) this.choose(first, kept && this.slider.valueAsNumber);
    else this.image.removeAttribute("src");
  }

  /** A radio button of a picture. @param {Stills} picture */
  option(picture) {
    const [label, input, word] = ["label", "input", "span"].map((tag) => document.createElement(tag));
    Object.assign(input, { type: "radio", name: "rv-picture", value: picture.url });
    input.addEventListener("input", () => {
      this.taken = true;
      this.choose(picture);
    });
    word.textContent = picture.word;
    label.append(input, word);
    return label;
  }

  /** Show a picture. @param {Stills} picture @param {number} [view] else that from the front */
  choose(picture, view = Math.round(-picture.first_yaw_deg / (picture.step_deg || 1))) {
    this.shown = picture;
    const views = picture.columns * picture.rows;
    for (const input of this.panel.querySelectorAll("[name=rv-picture]")) {
      /** @type {HTMLInputElement} */ (input).checked = /** @type {HTMLInputElement} */ (input).value === picture.url;
    }
    /** @type {HTMLElement} */ (this.slider.parentElement).hidden = views < 2;
    this.slider.max = String(views - 1);
    this.image.src = picture.url;
    this.turnTo(view);
  }

  /** Show the view that a person turned to. @param {number} view */
  turnBy(view) {
    this.taken = true;
    this.turnTo(view);
  }

  /** Show one view; those of a whole turn go on from the last to the first. @param {number} view */
  turnTo(view) {
    if (!this.shown) return;
    const { columns, rows, step_deg, first_yaw_deg, word } = this.shown;
    const views = columns * rows;
    const all = views * step_deg >= WIDE_DEG;
    const index = all ? ((view % views) + views) % views : Math.min(views - 1, Math.max(0, view));
    const from = sideText({ yaw: -first_yaw_deg - index * step_deg, pitch: 0 });
    Object.assign(this.image.style, {
      width: `${100 * columns}%`,
      height: `${100 * rows}%`,
      left: `${-100 * (index % columns)}%`,
      top: `${-100 * Math.floor(index / columns)}%`,
    });
    this.image.alt = views > 1 ? `${word}, ${from}` : word;
    this.slider.value = String(index);
    this.slider.setAttribute("aria-valuetext", from);
  }

  /** Give the window the shape of one view. */
  fit() {
    const { naturalWidth, naturalHeight, parentElement: frame } = this.image;
    if (!this.shown || !frame) return;
    frame.style.aspectRatio = String(naturalWidth / this.shown.columns / (naturalHeight / this.shown.rows));
  }

  /** A picture that cannot be loaded is none. */
  leaveOut() {
    if (this.shown) this.offer(this.pictures.filter((picture) => picture !== this.shown));
  }

  /** Turn with the pointer, and by the arrow keys from then on. @param {HTMLElement} frame */
  listenForDrags(frame) {
    /** @type {{ x: number, view: number } | null} */
    let from = null;
    frame.addEventListener("pointerdown", (event) => {
      from = { x: event.x, view: this.slider.valueAsNumber };
      frame.setPointerCapture(event.pointerId);
      event.preventDefault();
      this.slider.focus({ preventScroll: true });
    });
    frame.addEventListener("pointermove", ({ x }) => {
      if (from) this.turnBy(from.view + Math.round(((x - from.x) / TURN_PX) * Number(this.slider.max)));
    });
    for (const end of ["pointerup", "pointercancel"]) frame.addEventListener(end, () => (from = null));
  }
}

/** Whether it can have the focus. @param {Element | null} element */
const isSeen = (element) =>
  element !== document.body && Boolean(element?.checkVisibility({ visibilityProperty: true }));
