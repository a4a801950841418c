// @ts-check
/**
 * The interactive 3D view of a point cloud. Needs plotly.js as `window.Plotly`.
 *
 *     const viewer = new Viewer(document.querySelector("#viewer"));
 *     await viewer.show(await response.arrayBuffer(), { color: "photo" });
 *     viewer.addEventListener("hover", (event) => mark(event.detail)); // {u, v} as fractions of the photo, or null
 *     viewer.addEventListener("camera", () => remember(viewer.camera)); // the view has come to rest
 */

import { parseCloud, photoPosition, pointsFromCloud } from "./cloud.js";
import { controls, element, saveSnapshot, stageAround, toggleFullscreen } from "./controls.js";
import { cameraFor, distanceToFit, pointSide, targetAt } from "./framing.js";
import { aimLight, isDrawn, lookAt, refine, sizePoints } from "./internals.js";
import { FRONT, lightDirection, Orbit, poseFromText, poseToText } from "./orbit.js";
import { Pace } from "./pace.js";
import { withSteepParts } from "./shape.js";
import { DEFAULTS, layout, trace } from "./traces.js";

/** @typedef {import("./traces.js").Options} Options */

const CONFIG = {
  displayModeBar: false,
  doubleClick: false,
  plotlyServerURL: "", // else "Share chart" would send the face to a third party
  plotGlPixelRatio: Math.min(2, Math.max(1, devicePixelRatio)),
};
export class Viewer extends EventTarget {
  /** @param {HTMLElement} host filled by the viewer; its size is the view's size */
  constructor(host) {
    super();
    /** @type {Options} */
    this.options = { ...DEFAULTS };
    this.host = host;
    this.graph = /** @type {any} */ (element("div", { class: "rv-graph" }));
    this.stage = stageAround(this.graph);
    const { bar, icons, reflect } = controls({
      set: (change) => this.setOptions(change),
      reset: () => (this.camera = this.front),
      snapshot: () => saveSnapshot(this.graph),
      fullscreen: () => toggleFullscreen(host),
    });
    this.reflect = reflect;
    host.classList.add("rv");
    host.replaceChildren(this.stage, bar, icons);
    this.reflect(this.options);
    this.orbit = new Orbit(this.stage, {
      start: () => this.beginTurning(),
      change: () => this.scheduleCamera(),
      rest: () => this.rest(),
      tap: (x, y) => this.pointAt(x, y),
    });
    this.pace = new Pace(this.graph);
    new ResizeObserver(() => this.resized()).observe(this.stage);
  }

  /**
   * Show a cloud; the camera stays where it was.
   * @param {ArrayBuffer} buffer RLF2 @param {Partial<Options>} [options]
   */
  async show(buffer, options = {}) {
    this.cloud = parseCloud(buffer);
    this.points = withSteepParts(this.cloud, pointsFromCloud(this.cloud));
    this.options = { ...this.options, ...options };
    this.reflect(this.options);
    this.pace.reset(this.points.levels);
    const rough = this.points.levels.find((count) => count >= 4000) ?? 0;
    if (this.options.mode === "points" && rough * 3 < this.points.count) {
      await this.draw(rough); // something to see at once, while the rest is prepared
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    }
    await this.draw();
    this.host.dataset.points = String(this.points.count);
    this.host.dataset.ready = "true";
  }

  /** Change how the cloud is shown. @param {Partial<Options>} change */
  async setOptions(change) {
    const before = this.options;
    this.options = { ...before, ...change };
    this.reflect(this.options);
    this.dispatchEvent(new CustomEvent("options", { detail: this.options }));
    if (!this.points) return;
    const changed = Object.keys(change).filter((name) => before[name] !== this.options[name]);
    if (changed.length && changed.every((name) => ["light", "size"].includes(name))) {
      this.scheduleCamera();
    } else if (changed.length) {
      await this.draw();
    }
  }

  /** The pose as text, "yaw,pitch,zoom,x,y,z"; may be set at any time. */
  get camera() {
    return poseToText(this.orbit.pose);
  }

  set camera(text) {
    const pose = poseFromText(text);
    if (!pose) return;
    this.orbit.pose = pose;
    if (!isDrawn(this.graph)) return;
    this.scheduleCamera();
    this.dispatchEvent(new Event("camera"));
  }

  /** The pose that Reset view goes back to. */
  get front() {
    return poseToText(FRONT);
  }

  /** @param {number} [count] only the first so many points */
  async draw(count) {
    const { cloud, points } = this;
    if (!cloud || !points) return;
    refine(this.graph);
    this.rough = count;
    const room = layout(points);
    const scene = { ...room.scene, camera: this.plotlyCamera() };
    const first = !isDrawn(this.graph);
    const data = [{ ...trace(cloud, points, this.options, count), uid: this.options.mode }];
    await window.Plotly.react(this.graph, data, { ...room, scene }, CONFIG);
    if (first) this.listen();
    this.resizePoints();
    this.scheduleCamera();
  }

  listen() {
    const tell = (/** @type {any} */ detail) => this.dispatchEvent(new CustomEvent("hover", { detail }));
    const point = (/** @type {any} */ { points: [hit] }) => {
      const pixel = this.points?.pixels[hit.pointNumber];
      this.hovered = hit.pointNumber;
      if (pixel !== undefined && this.cloud) tell(photoPosition(this.cloud, pixel));
    };
    this.graph.on("plotly_hover", point);
    this.graph.on("plotly_click", point); // which is what Plotly says on a phone
    const leave = () => {
      this.hovered = undefined;
      tell(null);
    };
    this.graph.on("plotly_unhover", leave);
    this.stage.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && leave()); // a lifted finger leaves its mark
    this.stage.addEventListener("dblclick", () => this.approach(this.hovered));
  }

  /** Eye, centre and up for the pose, the cloud and the shape of the window. */
  pose() {
    if (!this.points) return [[0, 0, 2], [0, 0, 0], [0, 1, 0]];
    this.orbit.distance = distanceToFit(this.points, this.stage);
    return cameraFor(this.orbit.pose, this.points, this.orbit.distance);
  }

  /** Let neighbours touch at every zoom, and while fewer points are drawn. */
  resizePoints() {
    if (!this.points || !this.cloud) return;
    const how = { fx: this.cloud.fx, height: this.stage.clientHeight, drawn: this.rough ?? this.pace.drawn };
    const side = pointSide(this.orbit.pose, this.points, this.orbit.distance, how);
    sizePoints(this.graph, Math.max(1, side * this.options.size));
  }

  plotlyCamera() {
    const [eye, center, up] = this.pose().map(([x, y, z]) => ({ x, y, z }));
    return { eye, center, up };
  }

  scheduleCamera() {
    if (this.frame) return;
    this.frame = requestAnimationFrame((now) => {
      this.frame = 0;
      if (!lookAt(this.graph, this.pose())) window.Plotly.relayout(this.graph, { "scene.camera": this.plotlyCamera() });
      aimLight(this.graph, lightDirection(this.orbit.pose, this.options.light));
      this.resizePoints();
      this.pace.measure(now);
    });
  }

  /** Show the point there, as a mouse that rests on it would. @param {number} clientX @param {number} clientY */
  pointAt(clientX, clientY) {
    const canvas = this.graph.querySelector(".gl-container canvas");
    // When what was thinned for the gesture is drawn again, with its hover targets; and a pixel beside the mouse event that
    // the browser itself made of the tap before that, since Plotly asks nothing again for the same place.
    const at = { clientX: clientX + 1, clientY, bubbles: true };
    requestAnimationFrame(() => requestAnimationFrame(() => canvas?.dispatchEvent(new MouseEvent("mousemove", at))));
  }

  /** Turn round a point from now on, and come nearer. @param {number|undefined} index */
  approach(index) {
    if (index === undefined || !this.points) return;
    this.orbit.step(() => {
      if (this.points) this.orbit.pose.target = targetAt(this.points, index);
      this.orbit.zoom(1.6);
    });
  }

  beginTurning() {
    this.host.dataset.touched = this.host.dataset.turning = "true";
    this.dispatchEvent(new CustomEvent("hover", { detail: null }));
    if (this.points) this.pace.begin();
  }

  rest() {
    delete this.host.dataset.turning;
    this.pace.end();
    this.resizePoints();
    this.dispatchEvent(new Event("camera"));
  }

  resized() {
    if (!isDrawn(this.graph) || !this.stage.clientWidth) return; // not while it is hidden
    window.Plotly.Plots.resize(this.graph);
    this.scheduleCamera();
  }
}
