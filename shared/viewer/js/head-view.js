/** The head in the view: fetched when it is first wanted, moved by expressions, with or without its hair. */

import { LOOP_MS, loopAt, sliderAt, withSliders } from "./expressions.js";
import { listenForHead, reflectHead } from "./head-controls.js";
import { HeadMesh } from "./head-mesh.js";
import { parseHead } from "./head.js";

/** What the viewer does for the head. @typedef {{ draw: () => void, turn: () => void }} Viewing */

/** A head that may be shown, and what a person did with it. */
export class HeadView {
  /** @param {HTMLElement} host @param {PlotlyGraph} graph @param {Viewing} viewing draw all anew; turn, or stop that */
  constructor(host, graph, viewing) {
    this.host = host;
    this.graph = graph;
    this.viewing = viewing;
    this.hair = true;
    this.turning = false;
    this.frame = 0;
    this.playing = 0;
    /** @type {Weights} */
    this.weights = {};
    listenForHead(host, (name, value) => this.set(withSliders(this.weights, { [name]: value })), {
      photo: () => this.set(this.mesh?.head.weights ?? {}),
      neutral: () => this.set({}),
      play: () => (this.playing ? this.stop() : this.play()),
      hair: () => this.showHair(!this.hair),
      turn: viewing.turn,
    });
  }

  /** There is a head, or none. @param {HeadSource | null} fetch */
  offer(fetch) {
    this.stop();
    this.fetch = fetch;
    this.mesh = undefined;
    /** @type {Promise<void>|undefined} */
    this.loading = undefined;
  }

  /** Have it here, once it is wanted; another one may be offered meanwhile. */
  load() {
    const { fetch } = this;
    if (!fetch) return Promise.reject(new Error("There is no head."));
    this.loading ??= fetch().then((buffer) => {
      if (this.fetch !== fetch) return;
      const head = parseHead(buffer);
      this.weights = head.weights;
      this.mesh = new HeadMesh(head, this.weights);
      this.reflect();
    }).catch((error) => {
      if (this.fetch === fetch) this.loading = undefined; // it may be tried again
      throw error;
    });
    return this.loading;
  }

  /** Move the face, in the next frame. @param {Weights} weights */
  set(weights) {
    this.stop();
    this.moveTo(weights);
  }

  /** Show these weights. @param {Weights} weights */
  moveTo(weights) {
    this.weights = weights;
    this.reflect();
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      if (this.mesh && !this.mesh.pose(this.weights, this.graph)) this.viewing.draw();
    });
  }

  /** Play the loop once. */
  play() {
    const before = this.weights;
    const begun = performance.now();
    const step = (/** @type {number} */ now) => {
      if (now - begun > LOOP_MS) return this.set(before);
      this.playing = requestAnimationFrame(step);
      this.moveTo(withSliders({}, loopAt(now - begun)));
    };
    this.playing = requestAnimationFrame(step);
    this.reflect();
  }

  /** Stop the loop, wherever it is. */
  stop() {
    cancelAnimationFrame(this.playing);
    this.playing = 0;
    this.reflect();
  }

  /** Show or hide the hair. @param {boolean} hair */
  showHair(hair) {
    this.hair = hair;
    this.reflect();
    this.viewing.draw();
  }

  /** Say whether it turns. @param {boolean} turning */
  setTurning(turning) {
    this.turning = turning;
    this.reflect();
  }

  /** Show in the controls what holds now. */
  reflect() {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const hasHair = Boolean(this.mesh?.head.parts.some(({ name }) => name === "hair"));
    const pressed = { play: this.playing > 0, hair: this.hair, turn: this.turning };
    reflectHead(this.host, (name) => sliderAt(this.weights, name), pressed, { turn: !still, hair: hasHair });
  }
}
