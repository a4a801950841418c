/** Turns the view slowly round what it looks at, until it is touched. */

const DEGREES_PER_S = 30;
const LONGEST_FRAME_MS = 250; // a slow machine turns more slowly, rather than in leaps

/** A turntable for the camera of an orbit. */
export class Turntable {
  /** @param {import("./orbit.js").Orbit} orbit @param {(turning: boolean) => void} tell whether it turns now */
  constructor(orbit, tell) {
    this.orbit = orbit;
    this.tell = tell;
    this.frame = 0;
    const stop = () => this.stop();
    for (const touch of ["pointerdown", "wheel", "keydown"]) orbit.element.addEventListener(touch, stop, true);
  }

  /** Start, or stop. */
  toggle() {
    if (this.frame) return this.stop();
    let last = performance.now();
    const step = (/** @type {number} */ now) => {
      this.frame = requestAnimationFrame(step);
      this.orbit.turn((DEGREES_PER_S * Math.min(LONGEST_FRAME_MS, Math.max(0, now - last))) / 1000, 0);
      this.orbit.listener.change();
      last = now;
    };
    this.frame = requestAnimationFrame(step);
    this.orbit.listener.start();
    this.tell(true);
  }

  /** Stand still. */
  stop() {
    if (!this.frame) return;
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.orbit.listener.rest();
    this.tell(false);
  }
}
