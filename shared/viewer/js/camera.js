/** The camera of the view: where it stands for the pose of the orbit, and what it sees. */

import { closeTo, distanceToFit, fromScene, pivot, targetAt } from "./framing.js";
import { eyeCenterUp, FRONT, poseToText } from "./orbit.js";
import { Screen } from "./screen.js";

/** Stands before what fills the view. */
export class Camera {
  /** @param {import("./orbit.js").Orbit} orbit @param {HTMLElement} graph whose size is the picture's */
  constructor(orbit, graph) {
    this.orbit = orbit;
    this.graph = graph;
    /** @type {Framing | undefined} */
    this.framing = undefined; // what the scene holds, once it holds something
  }

  /** Eye, centre and up for the pose, the scene and the shape of the window. */
  pose() {
    if (!this.framing) return [[0, 0, 2], [0, 0, 0], [0, 1, 0]];
    this.orbit.distance = distanceToFit(this.framing, this.graph);
    const back = (this.framing.back ?? 0) / this.framing.longest;
    return eyeCenterUp(this.orbit.pose, pivot(this.framing), this.orbit.distance, back);
  }

  /** The same as Plotly's layout has it. */
  forPlotly() {
    const [eye, center, up] = this.pose().map(([x, y, z]) => ({ x, y, z }));
    return { eye, center, up };
  }

  /** The pose as text with which a head fills the view. @param {import("./head-mesh.js").HeadMesh | undefined} mesh */
  closeTo(mesh) {
    return poseToText({ ...FRONT, ...(this.framing && mesh && closeTo(this.framing, mesh.head)) });
  }

  /** Turn round a place from now on, and come nearer. @param {number[]} place */
  approach(place) {
    const { framing, orbit } = this;
    if (!framing) return;
    orbit.step(() => {
      orbit.pose.target = targetAt(framing, place);
      orbit.zoom(1.6);
    });
  }

  /** See other points from the place where it stands. @param {Framing} framing of these */
  stayBefore(framing) {
    const { framing: before, orbit } = this;
    const [eye, center] = this.pose();
    this.framing = framing;
    if (!before) return;
    const away = Math.hypot(...eye.map((value, axis) => value - center[axis])) * before.longest;
    orbit.pose.target = targetAt(framing, fromScene(before, center));
    orbit.pose.zoom = (distanceToFit(framing, this.graph) * framing.longest) / (away - (framing.back ?? 0));
  }

  /** What it sees; null before there is something. */
  screen() {
    const size = { width: this.graph.clientWidth, height: this.graph.clientHeight };
    return this.framing ? new Screen(this.framing, this.pose(), size) : null;
  }
}
