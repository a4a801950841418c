/** Level of detail: fewer points while the view turns and frames come slowly, all of them at rest. */

import { refine, thin } from "./internals.js";

const SLOW_FRAME_MS = 45;
const FEWEST = 3000;
const QUICK_FRAMES = 8;

/** How many points of a graph are drawn. */
export class Detail {
  /** @param {PlotlyGraph} graph */
  constructor(graph) {
    this.graph = graph;
    /** @type {number[]} */
    this.levels = [0];
    this.level = 0;
    this.turning = false;
    this.quick = 0; // quick frames in a row
  }

  /** A new cloud. @param {number[]} levels how many points may be drawn, from few to all */
  reset(levels) {
    this.levels = levels;
    this.level = levels.length - 1;
  }

  /** Number of points that are drawn now. */
  get drawn() {
    return this.levels[this.turning ? this.level : this.levels.length - 1];
  }

  /** The view begins to turn. */
  begin() {
    if (this.turning) return;
    this.turning = true;
    thin(this.graph, this.drawn);
  }

  /** Take the time of the frame that began now. @param {number} now time of the animation frame */
  time(now) {
    if (!this.turning) return;
    // Plotly draws in this frame or in the next one, as its own callback comes after this one or before it.
    requestAnimationFrame((one) => requestAnimationFrame((two) => this.keep(Math.max(one - now, two - one))));
  }

  /** Halve the points for each doubling of a slow frame; double them after some quick ones. @param {number} frame ms */
  keep(frame) {
    if (!this.turning) return;
    const { level, levels } = this;
    this.quick = frame < SLOW_FRAME_MS / 2.5 ? this.quick + 1 : 0; // one alone says little: drawing is asynchronous
    for (let slow = frame; slow > SLOW_FRAME_MS && levels[this.level - 1] > FEWEST; slow /= 2) this.level--;
    if (this.quick >= QUICK_FRAMES && level < levels.length - 1) {
      this.level++;
      this.quick = 0;
    }
    if (this.level !== level) thin(this.graph, this.drawn);
  }

  /** The view has come to rest. */
  end() {
    this.turning = false;
    refine(this.graph);
  }
}
