/** What is done when the browser takes the WebGL context away: after sleep, by a driver's fault, on a phone. */

import { leaveRecovery } from "./internals.js";

const RESTORED_MS = 2000; // a browser that gives the context back does so within about a second
const MOST_LOSSES = 3; // within so long: after more of them, drawing again is no cure
const LOSSES_MS = 60_000;

/** Whether the browser draws with WebGL now. */
export function hasWebGL() {
  const gl = document.createElement("canvas").getContext("webgl");
  gl?.getExtension("WEBGL_lose_context")?.loseContext(); // a page may hold few of them
  return Boolean(gl);
}

/** Told while the context is waited for, once it may be drawn again, and when that is not tried any more. */
/** @typedef {{ wait: () => void, draw: () => void, fail: () => void }} RecoveryListener */

/** Watches the context of a graph's scene. */
export class Recovery {
  /** @param {PlotlyGraph} graph @param {RecoveryListener} listener */
  constructor(graph, listener) {
    this.graph = graph;
    this.listener = listener;
    this.waiting = false;
    /** @type {number[]} */
    this.losses = []; // when, ms
  }

  /** A scene was drawn for the first time, or anew. */
  listen() {
    leaveRecovery(this.graph);
    this.graph.on("plotly_webglcontextlost", ({ event }) => this.lost(event));
  }

  /** Wait for the context, or as long as that makes sense, then draw again on a new canvas. @param {Event} event */
  async lost(event) {
    event.preventDefault(); // else the browser never gives it back
    const now = performance.now();
    this.losses = [...this.losses.filter((at) => now - at < LOSSES_MS), now];
    if (this.losses.length > MOST_LOSSES) return this.listener.fail();
    this.waiting = true;
    this.listener.wait();
    await once(event.target, "webglcontextrestored", RESTORED_MS);
    if (document.hidden) await once(document, "visibilitychange"); // in the background it would be lost again
    this.waiting = false;
    this.listener.draw();
  }
}

/**
 * Wait for an event.
 * @param {EventTarget | null} target @param {string} name @param {number} [longest] ms
 * @returns {Promise<unknown>}
 */
function once(target, name, longest) {
  return new Promise((done) => {
    target?.addEventListener(name, done, { once: true });
    if (longest) setTimeout(done, longest);
  });
}
