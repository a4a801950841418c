/** What Plotly draws, and the camera before it, moved once a frame; drawn anew when the WebGL context was lost. */

import { Detail } from "./detail.js";
import { isDrawn, lookAt, refine } from "./internals.js";
import { hasWebGL, Recovery } from "./recovery.js";
import { layout } from "./traces.js";

const CONFIG = {
  displayModeBar: false,
  doubleClick: false,
  plotlyServerURL: "", // else "Share chart" would send the face to a third party
  plotGlPixelRatio: Math.min(2, Math.max(1, devicePixelRatio)),
};

/**
 * What the viewer does for it.
 * @typedef {object} DrawingListener
 * @property {() => Promise<unknown>} library loads plotly.js, if it is not there
 * @property {() => void} begun there is a new scene
 * @property {() => void} moved the camera was moved
 * @property {() => void} again all is to be drawn again
 * @property {(why: NotDrawn) => void} without it is not drawn any more
 */

/** A graph of Plotly. */
export class Drawing {
  /**
   * @param {PlotlyGraph} graph @param {HTMLElement} stage whose size is the graph's
   * @param {import("./camera.js").Camera} eye @param {DrawingListener} listener
   */
  constructor(graph, stage, eye, listener) {
    this.graph = graph;
    this.stage = stage;
    this.eye = eye;
    this.listener = listener;
    this.detail = new Detail(graph);
    this.frame = 0;
    this.recovery = new Recovery(graph, {
      wait: () => listener.without("waiting"),
      draw: () => listener.again(),
      fail: () => listener.without("lost"),
    });
    new ResizeObserver(() => this.resized()).observe(stage);
  }

  /**
   * Draw traces in place of those that are there.
   * @param {object[]} traces @returns {Promise<NotDrawn | "">} why it cannot be
   */
  async draw(traces) {
    const { graph, eye, recovery } = this;
    if (!window.Plotly) await this.listener.library();
    if (!window.Plotly) return "library";
    if (recovery.waiting) return "waiting";
    if (!eye.framing) return "";
    const first = !isDrawn(graph);
    if (first) this.clear(); // of a scene whose context was lost
    refine(graph);
    try {
      await window.Plotly.react(graph, traces, layout(eye.framing, eye.forPlotly()), CONFIG);
    } catch (error) {
      if (hasWebGL()) throw error;
    }
    if (!isDrawn(graph)) {
      this.clear(); // of Plotly's own words on WebGL, with a link to elsewhere
      return recovery.losses.length ? "lost" : "webgl";
    }
    if (first) {
      recovery.listen();
      this.listener.begun();
    }
    this.schedule();
    return "";
  }

  /** Leave what is drawn. */
  clear() {
    window.Plotly.purge(this.graph);
    this.graph.replaceChildren();
  }

  /** Move the camera to its pose in the next frame. */
  schedule() {
    this.frame ||= requestAnimationFrame((now) => {
      this.frame = 0;
      if (!isDrawn(this.graph)) return;
      if (!lookAt(this.graph, this.eye.pose())) {
        window.Plotly.relayout(this.graph, { "scene.camera": this.eye.forPlotly() });
      }
      this.listener.moved();
      this.detail.time(now);
    });
  }

  /** The stage has another size. */
  resized() {
    if (!isDrawn(this.graph) || !this.stage.clientWidth) return; // not while it is hidden
    window.Plotly.Plots.resize(this.graph);
    this.schedule();
  }
}
