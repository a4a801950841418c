/**
 * The camera's pose and the gestures that change it: mouse, touch with pinch, and keys.
 *
 * Plotly's own turntable insists on z up, and has no pinch and no keys; so the viewer sets Plotly's drag mode off, and
 * the camera is moved from here.
 */

/** @type {Pose} */
export const FRONT = { yaw: -20, pitch: 6, zoom: 1, target: [0, 0, 0] };

const STEEPEST_DEG = 85;
const ZOOM_RANGE = [0.25, 12];
const TREMBLE_PX = 3; // a finger that moves no more stays where it is
const RAD = Math.PI / 180;

const clamp = (/** @type {number} */ value, /** @type {number} */ low, /** @type {number} */ high) =>
  Math.min(high, Math.max(low, value));

/** The camera's axes for a pose: right, up, and backward from the target to the eye. @param {Pose} pose */
function cameraAxes({ yaw, pitch }) {
  const [siny, cosy] = [Math.sin(yaw * RAD), Math.cos(yaw * RAD)];
  const [sinp, cosp] = [Math.sin(pitch * RAD), Math.cos(pitch * RAD)];
  return {
    right: [cosy, 0, -siny],
    up: [-siny * sinp, cosp, -cosy * sinp],
    back: [siny * cosp, sinp, cosy * cosp],
  };
}

/**
 * Eye, centre and up for Plotly.
 * @param {Pose} pose @param {number[]} pivot @param {number} distance at zoom 1 @param {number} back to add at any zoom
 */
export function eyeCenterUp(pose, pivot, distance, back) {
  const center = pivot.map((value, axis) => value + pose.target[axis]);
  const axes = cameraAxes(pose);
  const away = distance / pose.zoom + back;
  return [center.map((value, axis) => value + axes.back[axis] * away), center, [0, 1, 0]];
}

/** Direction to a light a little above the camera. @param {Pose} pose @param {number} degrees to its right */
export function lightDirection(pose, degrees) {
  const { right, up, back } = cameraAxes(pose);
  const [side, front] = [Math.sin(degrees * RAD), Math.cos(degrees * RAD)];
  return back.map((value, axis) => value * front + right[axis] * side + up[axis] * 0.35);
}

/** "yaw,pitch,zoom,x,y,z", short enough for a link. @param {Pose} pose */
export function poseToText({ yaw, pitch, zoom, target }) {
  const rounded = [yaw.toFixed(1), pitch.toFixed(1), zoom.toFixed(2), ...target.map((value) => value.toFixed(3))];
  return rounded.map(Number).join(",");
}

/** Read that text. @param {string | null | undefined} text @returns {Pose | null} null where the text is no pose */
export function poseFromText(text) {
  const numbers = (text ?? "").split(",").map(Number);
  if (!text || numbers.length !== 6 || !numbers.every(Number.isFinite)) return null;
  const [yaw, pitch, zoom, ...target] = numbers;
  return {
    yaw,
    pitch: clamp(pitch, -STEEPEST_DEG, STEEPEST_DEG),
    zoom: clamp(zoom, ZOOM_RANGE[0], ZOOM_RANGE[1]),
    target: target.map((value) => clamp(value, -2, 2)),
  };
}

/** Listens on an element and tells of every change of its pose. */
export class Orbit {
  /**
   * @param {HTMLElement} element
   * @param {{ change: () => void, start: () => void, rest: () => void, tap: (at: PointerEvent) => unknown }} listener
   *   a gesture starts, moves, and rests; a finger or the mouse's first button came and went at one place
   */
  constructor(element, listener) {
    this.element = element;
    this.listener = listener;
    this.pose = structuredClone(FRONT);
    this.distance = 1; // eye to target at zoom 1, set by the viewer
    /** @type {Map<number, Point2D>} */
    this.pointers = new Map();
    this.resting = 0;
    /** @type {Point2D | null} */
    this.tapped = null; // where the only finger came down, while it has not moved
    element.addEventListener("pointerdown", (event) => this.down(event));
    element.addEventListener("pointermove", (event) => this.move(event));
    element.addEventListener("pointerup", (event) => this.lift(event));
    element.addEventListener("pointercancel", (event) => this.lift(event));
    element.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    element.addEventListener("keydown", (event) => this.key(event));
  }

  /** A gesture may begin. @param {PointerEvent} event */
  down(event) {
    if (event.button > 2) return;
    this.pointers.set(event.pointerId, event);
    this.tapped = event.button === 0 && this.pointers.size === 1 ? { x: event.x, y: event.y } : null;
    this.element.setPointerCapture?.(event.pointerId);
    clearTimeout(this.resting);
    if (this.pointers.size === 1) this.listener.start();
  }

  /** Turn, pan or pinch. @param {PointerEvent} event */
  move(event) {
    const last = this.pointers.get(event.pointerId);
    if (!last) return;
    const [dx, dy] = [event.x - last.x, event.y - last.y];
    if (!dx && !dy) return;
    if (this.tapped && Math.hypot(event.x - this.tapped.x, event.y - this.tapped.y) > TREMBLE_PX) this.tapped = null;
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    if (others.length) this.pinch(last, event, others[0]);
    else if (event.shiftKey || event.ctrlKey || event.metaKey || event.buttons & 6) this.pan(dx, dy);
    else this.turn(-dx * 0.4, dy * 0.4);
    this.pointers.set(event.pointerId, event);
    this.listener.change();
  }

  /** The gesture ends with its last finger. @param {PointerEvent} event */
  lift(event) {
    if (!this.pointers.delete(event.pointerId) || this.pointers.size) return;
    this.listener.rest();
    if (this.tapped && event.type === "pointerup") this.listener.tap(event);
  }

  /**
   * One of two fingers moves: zoom by the change of their distance, pan by that of their middle.
   * @param {Point2D} from @param {Point2D} to @param {Point2D} other
   */
  pinch(from, to, other) {
    const before = Math.hypot(from.x - other.x, from.y - other.y);
    const after = Math.hypot(to.x - other.x, to.y - other.y);
    if (before > 1) this.zoom(after / before);
    this.pan((to.x - from.x) / 2, (to.y - from.y) / 2);
  }

  /** Zoom. @param {WheelEvent} event */
  wheel(event) {
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1);
    this.step(() => this.zoom(Math.exp(-clamp(pixels, -240, 240) * (event.ctrlKey ? 0.01 : 0.0015))));
  }

  /** Turn, pan, zoom or reset. @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const sign = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const zoom = { "+": 1.15, "=": 1.15, "-": 1 / 1.15 }[event.key];
    if (!sign && !zoom && event.key !== "0") return;
    event.preventDefault();
    this.step(() => {
      if (zoom) this.zoom(zoom);
      else if (!sign) this.pose = structuredClone(FRONT);
      else if (event.shiftKey) this.pan(sign[0] * 24, sign[1] * 24);
      else this.turn(-sign[0] * 6, sign[1] * 6);
    });
  }

  /** A change without a pointer that is held down: it rests by itself. @param {() => void} change */
  step(change) {
    this.listener.start();
    change();
    this.listener.change();
    clearTimeout(this.resting);
    this.resting = window.setTimeout(() => this.pointers.size || this.listener.rest(), 220);
  }

  /** Turn the camera. @param {number} yaw @param {number} pitch degrees to add */
  turn(yaw, pitch) {
    this.pose.yaw = ((this.pose.yaw + yaw + 540) % 360) - 180;
    this.pose.pitch = clamp(this.pose.pitch + pitch, -STEEPEST_DEG, STEEPEST_DEG);
  }

  /** Come nearer. @param {number} factor */
  zoom(factor) {
    this.pose.zoom = clamp(this.pose.zoom * factor, ZOOM_RANGE[0], ZOOM_RANGE[1]);
  }

  /** Move the face with the pointer. @param {number} dx @param {number} dy CSS pixels */
  pan(dx, dy) {
    const perPixel = (2 * Math.tan(22.5 * RAD) * this.distance) / this.pose.zoom / (this.element.clientHeight || 1);
    const { right, up } = cameraAxes(this.pose);
    const moved = (/** @type {number} */ value, /** @type {number} */ axis) =>
      clamp(value - (right[axis] * dx - up[axis] * dy) * perPixel, -2, 2);
    this.pose.target = this.pose.target.map(moved);
  }
}
