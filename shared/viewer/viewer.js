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
import { controls, element } from "./controls.js";
import { cameraFor, distanceToFit, pointSide } from "./framing.js";
import { aimLight, isDrawn, lookAt, refine, sizePoints, snapshot, thin } from "./internals.js";
import { FRONT, lightDirection, Orbit, poseFromText, poseToText } from "./orbit.js";
import { DEFAULTS, layout, trace } from "./traces.js";

/** @typedef {import("./traces.js").Options} Options */

const CONFIG = {
  displayModeBar: false,
  responsive: true,
  doubleClick: false,
  plotlyServerURL: "", // else "Share chart" would send the face to a third party
  plotGlPixelRatio: Math.min(2, Math.max(1, devicePixelRatio)),
};
const SLOW_FRAME_MS = 45;
const HINT = matchMedia("(hover: none)").matches
  ? "Drag to turn, pinch to zoom, move with two fingers"
  : "Drag to turn, scroll to zoom, hold Shift to move";

export class Viewer extends EventTarget {
  /** @param {HTMLElement} host filled by the viewer; its size is the view's size */
  constructor(host) {
    super();
    /** @type {Options} */
    this.options = { ...DEFAULTS };
    this.host = host;
    this.graph = /** @type {any} */ (element("div", { class: "rv-graph" }));
    this.stage = element(
      "div",
      { class: "rv-stage", tabindex: "0", role: "application", "aria-label": `3D face. ${HINT}. Arrow keys turn, plus and minus zoom, 0 resets.` },
      this.graph,
      element("p", { class: "rv-hint", "aria-hidden": "true" }, HINT),
    );
    const { bar, reflect } = controls({
      set: (change) => this.setOptions(change),
      reset: () => (this.camera = this.front),
      snapshot: () => this.saveSnapshot(),
      fullscreen: () => this.toggleFullscreen(),
    });
    this.reflect = reflect;
    host.classList.add("rv");
    host.replaceChildren(this.stage, bar);
    this.reflect(this.options);
    this.orbit = new Orbit(this.stage, {
      start: () => this.beginTurning(),
      change: () => this.scheduleCamera(),
      rest: () => this.rest(),
    });
    this.level = 0;
    new ResizeObserver(() => this.resized()).observe(this.stage);
  }

  /**
   * Show a cloud; the camera stays where it was.
   * @param {ArrayBuffer} buffer RLF1 @param {Partial<Options>} [options]
   */
  async show(buffer, options = {}) {
    this.cloud = parseCloud(buffer);
    this.points = pointsFromCloud(this.cloud);
    this.options = { ...this.options, ...options };
    this.reflect(this.options);
    this.level = this.points.levels.length - 1;
    const rough = this.points.levels.find((count) => count >= 4000) ?? 0;
    if (this.options.mode === "points" && rough * 3 < this.points.pixels.length) {
      await this.draw(rough); // something to see at once, while the rest is prepared
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    }
    await this.draw();
    this.host.dataset.points = String(this.points.pixels.length);
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
    this.scheduleCamera();
  }

  listen() {
    const tell = (/** @type {any} */ detail) => this.dispatchEvent(new CustomEvent("hover", { detail }));
    this.graph.on("plotly_hover", (/** @type {any} */ { points: [hit] }) => {
      const pixel = this.points?.pixels[hit.pointNumber];
      if (pixel !== undefined && this.cloud) tell(photoPosition(this.cloud, pixel));
    });
    this.graph.on("plotly_unhover", () => tell(null));
    this.stage.addEventListener("pointerleave", () => tell(null));
  }

  /** Eye, centre and up for the pose, the cloud and the shape of the window. */
  pose() {
    if (!this.points) return [[0, 0, 2], [0, 0, 0], [0, 1, 0]];
    this.orbit.distance = distanceToFit(this.points, this.stage);
    return cameraFor(this.orbit.pose, this.points, this.orbit.distance);
  }

  /** Side of a point in CSS pixels, so that neighbours touch at every zoom, and while fewer are drawn. */
  pointSize() {
    if (!this.points || !this.cloud) return 1;
    const { levels, pixels } = this.points;
    const drawn = this.rough ?? (this.turning ? levels[this.level] : pixels.length);
    const how = { fx: this.cloud.fx, height: this.stage.clientHeight, drawn };
    return Math.max(1, pointSide(this.orbit.pose, this.points, this.orbit.distance, how) * this.options.size);
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
      sizePoints(this.graph, this.pointSize());
      if (!this.turning) return;
      // Plotly draws in this frame or in the next one, as its own callback comes after this one or before it.
      requestAnimationFrame((one) => requestAnimationFrame((two) => this.keepPace(Math.max(one - now, two - one))));
    });
  }

  beginTurning() {
    this.host.dataset.touched = "true";
    if (this.turning || !this.points) return;
    this.turning = true;
    thin(this.graph, this.points.levels[this.level]);
  }

  /** Draw half as many points where a frame took long, twice as many where it was quick. @param {number} frame ms */
  keepPace(frame) {
    if (!this.turning || !this.points) return;
    const { levels } = this.points;
    if (frame > SLOW_FRAME_MS && levels[this.level - 1] > 3000) this.level--;
    else if (frame < SLOW_FRAME_MS / 2.5 && this.level < levels.length - 1) this.level++;
    else return;
    thin(this.graph, levels[this.level]);
  }

  rest() {
    this.turning = false;
    refine(this.graph);
    this.scheduleCamera();
    this.dispatchEvent(new Event("camera"));
  }

  resized() {
    if (!isDrawn(this.graph)) return;
    window.Plotly.Plots.resize(this.graph);
    this.scheduleCamera();
  }

  async saveSnapshot() {
    const link = element("a", { download: "relief.png" });
    link.href = URL.createObjectURL(await snapshot(this.graph));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  toggleFullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.host.requestFullscreen?.();
  }
}
