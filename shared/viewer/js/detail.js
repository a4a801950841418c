/** Level of detail: less is drawn while the view turns and frames come slowly, all of it at rest. */

import { hideFromHover, refine, sharpen } from "./internals.js";

const SLOW_FRAME_MS = 45;
const FEWEST = 2000;
const QUICK_FRAMES = 8;
const SHARPNESS = [1, 1, 0.7, 0.5]; // share of the pixels across, by how often what is drawn was halved

/**
 * How a scene can be thinned.
 * @typedef {object} Thinning
 * @property {Appearance["mode"]} mode of the scene
 * @property {number[]} levels how many points or triangles may be drawn, from few to all, each about twice the last
 * @property {(level: number) => void} thin draw so many: an index into levels
 */

/** How much of a graph is drawn. */
export class Detail {
  /** @param {PlotlyGraph} graph */
  constructor(graph) {
    this.graph = graph;
    /** @type {Thinning} */
    this.thinning = { mode: "points", levels: [0], thin: () => {} };
    /** How often each mode was halved, since it was too slow. @type {Record<string, number>} */
    this.halvings = {};
    this.turning = false;
    this.quick = 0; // quick frames in a row
  }

  /** Another scene is drawn. @param {Thinning} thinning */
  reset(thinning) {
    this.thinning = thinning;
    if (this.turning) this.thin();
  }

  /** The level while it turns, an index into all of them. */
  get level() {
    const { mode, levels } = this.thinning;
    return Math.max(0, levels.length - 1 - (this.halvings[mode] ?? 0));
  }

  /** Number of points or triangles that are drawn now. */
  get drawn() {
    const { levels } = this.thinning;
    return levels[this.turning ? this.level : levels.length - 1];
  }

  /** The view begins to turn. */
  begin() {
    if (this.turning) return;
    this.turning = true;
    this.thin();
  }

  /** Draw less, as long as it turns. */
  thin() {
    const { thinning: { levels, thin }, level } = this;
    hideFromHover(this.graph);
    thin(level);
    sharpen(this.graph, SHARPNESS[levels.length - 1 - level] ?? Math.min(...SHARPNESS));
  }

  /** Take the time of the frame that began now. @param {number} now time of the animation frame */
  time(now) {
    if (!this.turning) return;
    // Plotly draws in this frame or in the next one, as its own callback comes after this one or before it.
    requestAnimationFrame((one) => requestAnimationFrame((two) => this.keep(Math.max(one - now, two - one))));
  }

  /** Halve what is drawn for each doubling of a slow frame; double it after quick ones. @param {number} frame ms */
  keep(frame) {
    if (!this.turning) return;
    const { level, thinning: { mode, levels } } = this;
    let wanted = level;
    this.quick = frame < SLOW_FRAME_MS / 2.5 ? this.quick + 1 : 0; // one alone says little: drawing is asynchronous
    for (let slow = frame; slow > SLOW_FRAME_MS && levels[wanted - 1] > FEWEST; slow /= 2) wanted--;
    if (this.quick >= QUICK_FRAMES && level < levels.length - 1) {
      wanted++;
      this.quick = 0;
    }
    this.halvings[mode] = levels.length - 1 - wanted;
    if (wanted !== level) this.thin();
  }

  /** What a function gives while all is drawn, turning or not. @template T @param {() => T} act @returns {T} */
  whole(act) {
    refine(this.graph);
    const made = act();
    if (this.turning) this.thin();
    return made;
  }

  /** The view has come to rest. */
  end() {
    this.turning = false;
    refine(this.graph);
  }
}
