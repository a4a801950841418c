/**
 * The interactive 3D view of a point cloud. Draws with plotly.js as `window.Plotly`; where that or WebGL is absent, it
 * says so and shows pictures instead.
 *
 *     const viewer = new Viewer(document.querySelector("#viewer"));
 *     await viewer.show(await response.arrayBuffer(), { color: "photo" });
 *     viewer.addEventListener("hover", (event) => mark(event.detail)); // {u, v} as fractions of the photo, or null
 */

import { describe } from "./about.js";
import { Camera } from "./camera.js";
import { seenInPhoto } from "./cloud.js";
import { appearanceFromText, appearanceToText, build, DEFAULTS, offerClasses, offerHead, reflect } from "./controls.js";
import { Drawing } from "./drawing.js";
import { framedByPhoto, pointSide } from "./framing.js";
import { HeadView } from "./head-view.js";
import { Hover } from "./hover.js";
import { aimLight, isDrawn, sizePoints, snapshot } from "./internals.js";
import { MarksView } from "./marks-view.js";
import { FRONT, lightDirection, Orbit, poseFromText, poseToText } from "./orbit.js";
import { placeAt, readCloud, sceneOfCloud, sceneOfHead } from "./scene.js";
import { StillsView } from "./stills.js";
import { Turntable } from "./turntable.js";

const FEW_POINTS = 4000; // at least so many make the view that comes first

/** The 3D view in an element of the page. */
export class Viewer extends EventTarget {
  /**
   * @param {HTMLElement} host filled by the viewer; its size is the view's size
   * @param {() => Promise<unknown>} [library] loads plotly.js; called again where it is not there then
   */
  constructor(host, library = async () => {}) {
    super();
    this.host = host;
    this.shown = DEFAULTS;
    this.front = poseToText(FRONT); // the pose that Reset view goes back to
    this.side = 1; // of a point, CSS pixels, with which neighbours touch
    const { stage, graph } = build(host, (change) => this.setAppearance(change), {
      reset: () => (this.camera = this.mode === "head" ? this.eye.closeTo(this.head.mesh) : this.front),
      mark: () => this.marking.toggle(),
      snapshot: (ground) => this.drawing.detail.whole(() =>
        snapshot(this.graph, (context, ratio) => this.marking.drawOn(context, ratio), ground)),
    });
    this.stage = stage;
    this.graph = graph;
    this.orbit = new Orbit(stage, {
      start: () => this.beginTurning(),
      change: () => this.drawing.schedule(),
      rest: () => this.rest(),
      tap: (event) => this.marking.tap(event) || this.hover.tap(event),
    });
    this.eye = new Camera(this.orbit, graph);
    this.stills = new StillsView(host, () => this.draw());
    this.drawing = new Drawing(graph, stage, this.eye, {
      library,
      begun: () => this.hover.listen(),
      moved: () => this.moved(),
      again: () => this.draw(),
      without: (why) => this.stills.show(why),
    });
    this.hover = new Hover(graph, stage, {
      tell: (place) => this.tell(place),
      approach: (place) => this.marking.on || this.eye.approach(place),
    });
    this.marking = new MarksView(host, stage, {
      screen: () => this.eye.screen(),
      cloud: () => this.cloud,
      pick: (at) => placeAt(this, at),
      changed: () => this.dispatchEvent(new Event("marks")),
    });
    this.turntable = new Turntable(this.orbit, (turning) => this.head.setTurning(turning));
    this.head = new HeadView(host, graph, { draw: () => this.draw(), turn: () => this.turntable.toggle() });
    this.offerHead(null);
    this.addEventListener("camera", () => describe(this));
  }

  /**
   * Show a cloud; the camera stays where it was.
   * @param {ArrayBuffer} buffer RLF2 @param {Partial<Appearance>} [preset] the appearance to begin with
   * @param {string} [text] an appearance as text; what of it is valid goes before the preset
   */
  async show(buffer, preset = {}, text = "") {
    const { cloud, points } = readCloud(buffer);
    if (this.host.dataset.preview && cloud.unit === this.cloud?.unit) this.eye.stayBefore(points);
    delete this.host.dataset.preview;
    await this.take(cloud, points, { ...preset, ...appearanceFromText(text) });
    if (this.cloud !== cloud) return;
    if (this.host.dataset.touched) this.dispatchEvent(new Event("camera")); // the same place is another pose now
    this.host.dataset.points = String(points.count);
    this.host.dataset.ready = "true";
    await this.headIfWanted();
  }

  /** Show a rough cloud, whose place the one that `show` is given next takes. @type {Viewer["show"]} */
  async showRough(buffer, preset = {}, text = "") {
    const { cloud, points } = readCloud(buffer);
    this.host.dataset.preview = "true";
    await this.take(cloud, framedByPhoto(cloud, points), { ...preset, ...appearanceFromText(text) });
  }

  /** Draw another cloud. @param {Cloud} cloud @param {Points} points @param {Partial<Appearance>} appearance */
  async take(cloud, points, appearance) {
    this.cloud = cloud;
    this.points = points;
    this.shown = { ...this.shown, ...appearance };
    if (this.shown.color === "classes" && !cloud.classes.length) this.shown.color = DEFAULTS.color;
    offerClasses(this.host, cloud.classes);
    this.reflect();
    const few = points.levels.find((count) => count >= FEW_POINTS) ?? 0;
    if (this.mode === "points" && few * 3 < points.count) {
      await this.draw(few); // something to see at once, while the rest is prepared
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    }
    await this.draw();
    this.marking.show();
  }

  /** There is a head too, to be fetched when it is wanted; null: there is none. @param {HeadSource | null} fetch */
  async offerHead(fetch) {
    this.head.offer(fetch);
    offerHead(this.host, Boolean(fetch));
    this.reflect();
    if (this.cloud) await this.headIfWanted();
  }

  /** Pictures to show while the 3D view cannot be drawn. @param {Stills[]} pictures */
  offerPictures(pictures) {
    this.stills.offer(pictures);
  }

  /** Show the head, if it is what was chosen and there is one. */
  async headIfWanted() {
    if (this.shown.mode !== "head") return;
    try {
      if (this.head.fetch) await this.head.load();
    } catch (error) {
      this.shown = { ...this.shown, mode: DEFAULTS.mode };
      this.reflect();
      this.dispatchEvent(new CustomEvent("trouble", { detail: error }));
    }
    await this.draw();
  }

  /** What is shown: until the head is here, the points. */
  get mode() {
    return this.shown.mode === "head" && !this.head.mesh ? DEFAULTS.mode : this.shown.mode;
  }

  /** Show in the bar what holds now. */
  reflect() {
    const mode = this.head.fetch ? this.shown.mode : this.mode;
    const color = mode === "head" && this.shown.color === "confidence" ? DEFAULTS.color : this.shown.color;
    reflect(this.host, { ...this.shown, mode, color });
  }

  /** The appearance as text, "mode,color,size,light". */
  get appearance() {
    return appearanceToText(this.shown);
  }

  /** Change how the cloud is shown. @param {Partial<Appearance>} change */
  async setAppearance(change) {
    this.shown = { ...this.shown, ...change };
    this.reflect();
    this.dispatchEvent(new Event("appearance"));
    if (change.mode) this.turntable.stop();
    if (change.mode === "head") await this.headIfWanted();
    else if (change.mode || change.color) await this.draw();
    else this.drawing.schedule();
  }

  /** The pose as text, "yaw,pitch,zoom,x,y,z"; may be set at any time. The event "camera" tells of another one. */
  get camera() {
    return poseToText(this.orbit.pose);
  }

  set camera(text) {
    const pose = poseFromText(text);
    if (!pose) return;
    this.orbit.pose = pose;
    if (!isDrawn(this.graph)) return;
    this.drawing.schedule();
    this.dispatchEvent(new Event("camera"));
  }

  /** Points that were marked, as text, "x,y,z_x,y,z"; empty while marking is off; may be set. See "marks". */
  get marks() {
    return this.marking.text;
  }

  set marks(text) {
    this.marking.text = text;
  }

  /** Have Plotly draw it, or say why that cannot be. @param {number} [count] only the first so many points */
  async draw(count) {
    const { cloud, points, mode } = this;
    if (!cloud || !points) return;
    this.few = count;
    const shown = { ...this.shown, mode };
    const { framing, traces, thinning } = mode === "head"
      ? sceneOfHead(this.graph, cloud, points, shown, this.head)
      : sceneOfCloud(this.graph, cloud, points, shown, count);
    this.eye.framing = framing;
    this.stills.show(await this.drawing.draw(traces));
    this.drawing.detail.reset(thinning);
    this.resizePoints();
    describe(this);
  }

  /** Let neighbours touch at every zoom, and while fewer points are drawn. */
  resizePoints() {
    if (!this.points || !this.cloud) return;
    const seen = this.orbit.distance / this.orbit.pose.zoom;
    const drawn = this.few ?? this.drawing.detail.drawn;
    this.side = pointSide(this.points, seen, this.cloud.fx, this.stage.clientHeight, drawn);
    sizePoints(this.graph, Math.max(1, this.side * this.shown.size));
  }

  /** The camera was moved. */
  moved() {
    aimLight(this.graph, lightDirection(this.orbit.pose, this.shown.light));
    this.resizePoints();
    this.marking.draw();
  }

  /** Tell where in the photo a place is seen. @param {number[] | null} place */
  tell(place) {
    const detail = this.cloud && place ? seenInPhoto(this.cloud, place) : null;
    this.dispatchEvent(new CustomEvent("hover", { detail }));
  }

  /** A gesture begins. */
  beginTurning() {
    this.host.dataset.touched = this.host.dataset.turning = "true";
    this.dispatchEvent(new CustomEvent("hover", { detail: null }));
    if (this.points) this.drawing.detail.begin();
  }

  /** The view has come to rest. */
  rest() {
    delete this.host.dataset.turning;
    this.drawing.detail.end();
    this.resizePoints();
    this.dispatchEvent(new Event("camera"));
  }
}
