/**
 * The interactive 3D view of a point cloud. Needs plotly.js as `window.Plotly`.
 *
 *     const viewer = new Viewer(document.querySelector("#viewer"));
 *     await viewer.show(await response.arrayBuffer(), { color: "photo" });
 *     viewer.addEventListener("hover", (event) => mark(event.detail)); // {u, v} as fractions of the photo, or null
 *     viewer.addEventListener("camera", () => remember(viewer.camera)); // the view has come to rest
 */

import { parseCloud, photoPosition, pointsFromCloud } from "./cloud.js";
import { appearanceFromText, appearanceToText, build, DEFAULTS, offerClasses, reflect } from "./controls.js";
import { Detail } from "./detail.js";
import { distanceToFit, pivot, pointSide, targetAt } from "./framing.js";
import { aimLight, isDrawn, lookAt, refine, sizePoints } from "./internals.js";
import { eyeCenterUp, FRONT, lightDirection, Orbit, poseFromText, poseToText } from "./orbit.js";
import { withSteepParts } from "./shape.js";
import { layout, trace } from "./traces.js";

const CONFIG = {
  displayModeBar: false,
  doubleClick: false,
  plotlyServerURL: "", // else "Share chart" would send the face to a third party
  plotGlPixelRatio: Math.min(2, Math.max(1, devicePixelRatio)),
};
const ROUGH_POINTS = 4000; // at least so many make the view that comes first

/** The 3D view in an element of the page. */
export class Viewer extends EventTarget {
  /** @param {HTMLElement} host filled by the viewer; its size is the view's size */
  constructor(host) {
    super();
    this.host = host;
    this.shown = DEFAULTS;
    const { stage, graph } = build(host, (change) => this.setAppearance(change), () => (this.camera = this.front));
    this.stage = stage;
    this.graph = graph;
    reflect(host, this.shown);
    this.orbit = new Orbit(stage, {
      start: () => this.beginTurning(),
      change: () => this.scheduleCamera(),
      rest: () => this.rest(),
      tap: (at) => this.pointAt(at),
    });
    this.detail = new Detail(graph);
    new ResizeObserver(() => this.resized()).observe(stage);
  }

  /**
   * Show a cloud; the camera stays where it was.
   * @param {ArrayBuffer} buffer RLF2 @param {Partial<Appearance>} [preset] the appearance to begin with
   * @param {string} [text] an appearance as text; what of it is valid goes before the preset
   */
  async show(buffer, preset = {}, text = "") {
    this.cloud = parseCloud(buffer);
    this.points = withSteepParts(this.cloud, pointsFromCloud(this.cloud));
    this.shown = { ...this.shown, ...preset, ...appearanceFromText(text) };
    if (this.shown.color === "classes" && !this.cloud.classes.length) this.shown.color = DEFAULTS.color;
    offerClasses(this.host, this.cloud.classes);
    reflect(this.host, this.shown);
    this.detail.reset(this.points.levels);
    const rough = this.points.levels.find((count) => count >= ROUGH_POINTS) ?? 0;
    if (this.shown.mode === "points" && rough * 3 < this.points.count) {
      await this.draw(rough); // something to see at once, while the rest is prepared
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    }
    await this.draw();
    this.host.dataset.points = String(this.points.count);
    this.host.dataset.ready = "true";
  }

  /** The appearance as text, "mode,color,size,light". */
  get appearance() {
    return appearanceToText(this.shown);
  }

  /** Change how the cloud is shown. @param {Partial<Appearance>} change */
  async setAppearance(change) {
    this.shown = { ...this.shown, ...change };
    reflect(this.host, this.shown);
    this.dispatchEvent(new Event("appearance"));
    if (change.mode || change.color) await this.draw();
    else this.scheduleCamera();
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

  /** Have Plotly draw the cloud. @param {number} [count] only the first so many points */
  async draw(count) {
    const { cloud, graph, points } = this;
    if (!cloud || !points) return;
    refine(graph);
    this.rough = count;
    const first = !isDrawn(graph);
    const scene = layout(points, this.plotlyCamera());
    await window.Plotly.react(graph, [trace(cloud, points, this.shown, count)], scene, CONFIG);
    if (first) this.listen();
    this.resizePoints();
    this.scheduleCamera();
  }

  /** Tell of the point under the pointer; a double click comes nearer to it. */
  listen() {
    /** @type {number|undefined} */
    let hovered;
    const tell = (/** @type {number|undefined} */ index) => {
      hovered = index;
      const pixel = this.points?.pixels[index ?? -1];
      const detail = this.cloud && pixel !== undefined ? photoPosition(this.cloud, pixel) : null;
      this.dispatchEvent(new CustomEvent("hover", { detail }));
    };
    this.graph.on("plotly_hover", ({ points: [hit] }) => tell(hit.pointNumber));
    this.graph.on("plotly_click", ({ points: [hit] }) => tell(hit.pointNumber)); // what it says on a phone
    this.graph.on("plotly_unhover", () => tell(undefined));
    // A finger that is lifted leaves its mark.
    this.stage.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && tell(undefined));
    this.stage.addEventListener("dblclick", () => this.approach(hovered));
  }

  /** Do as a mouse does that rests there. @param {Point2D} at where a finger taps */
  pointAt({ x, y }) {
    const canvas = this.graph.querySelector(".gl-container canvas");
    // Only once what was thinned for the gesture is drawn again, with its hover targets; and a pixel beside the mouse
    // event that the browser itself made of the tap, since Plotly asks nothing again for the same pixel.
    const event = new MouseEvent("mousemove", { clientX: x + 1, clientY: y, bubbles: true });
    requestAnimationFrame(() => requestAnimationFrame(() => canvas?.dispatchEvent(event)));
  }

  /** Eye, centre and up for the pose, the cloud and the shape of the window. */
  pose() {
    if (!this.points) return [[0, 0, 2], [0, 0, 0], [0, 1, 0]];
    this.orbit.distance = distanceToFit(this.points, this.stage);
    return eyeCenterUp(this.orbit.pose, pivot(this.points), this.orbit.distance);
  }

  /** Let neighbours touch at every zoom, and while fewer points are drawn. */
  resizePoints() {
    if (!this.points || !this.cloud) return;
    const seen = this.orbit.distance / this.orbit.pose.zoom;
    const drawn = this.rough ?? this.detail.drawn;
    const side = pointSide(this.points, seen, this.cloud.fx, this.stage.clientHeight, drawn);
    sizePoints(this.graph, Math.max(1, side * this.shown.size));
  }

  /** The same as Plotly's layout has it. */
  plotlyCamera() {
    const [eye, center, up] = this.pose().map(([x, y, z]) => ({ x, y, z }));
    return { eye, center, up };
  }

  /** Move camera and light to the pose in the next frame. */
  scheduleCamera() {
    if (this.frame || !this.points) return;
    this.frame = requestAnimationFrame((now) => {
      this.frame = 0;
      if (!lookAt(this.graph, this.pose())) {
        window.Plotly.relayout(this.graph, { "scene.camera": this.plotlyCamera() });
      }
      aimLight(this.graph, lightDirection(this.orbit.pose, this.shown.light));
      this.resizePoints();
      this.detail.measure(now);
    });
  }

  /** Turn round a point from now on, and come nearer. @param {number|undefined} index */
  approach(index) {
    const { points, orbit } = this;
    if (index === undefined || !points) return;
    orbit.step(() => {
      orbit.pose.target = targetAt(points, index);
      orbit.zoom(1.6);
    });
  }

  /** A gesture begins. */
  beginTurning() {
    this.host.dataset.touched = this.host.dataset.turning = "true";
    this.dispatchEvent(new CustomEvent("hover", { detail: null }));
    if (this.points) this.detail.begin();
  }

  /** The view has come to rest. */
  rest() {
    delete this.host.dataset.turning;
    this.detail.end();
    this.resizePoints();
    this.dispatchEvent(new Event("camera"));
  }

  /** The stage has another size. */
  resized() {
    if (!isDrawn(this.graph) || !this.stage.clientWidth) return; // not while it is hidden
    window.Plotly.Plots.resize(this.graph);
    this.scheduleCamera();
  }
}
