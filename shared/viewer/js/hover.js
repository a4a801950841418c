/** What is under the pointer: told as it changes; a double click comes nearer to it. */

/** @typedef {{ tell: (place: number[] | null) => void, approach: (place: number[]) => unknown }} HoverListener */

/** Listens to the scene of a graph. */
export class Hover {
  /** @param {PlotlyGraph} graph @param {HTMLElement} stage @param {HoverListener} listener of places x, y, z */
  constructor(graph, stage, listener) {
    this.graph = graph;
    this.listener = listener;
    /** @type {number[] | null} */
    this.place = null;
    // A finger that is lifted leaves its mark.
    stage.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && this.tell(null));
    stage.addEventListener("dblclick", () => this.place && this.listener.approach(this.place));
  }

  /** A scene was drawn for the first time, or anew. */
  listen() {
    const hit = (/** @type {{ points: Point3D[] }} */ { points: [{ x, y, z }] }) => this.tell([x, y, z]);
    this.graph.on("plotly_hover", hit);
    this.graph.on("plotly_click", hit); // what it says on a phone
    this.graph.on("plotly_unhover", () => this.tell(null));
  }

  /** @param {number[] | null} place */
  tell(place) {
    this.place = place;
    this.listener.tell(place);
  }

  /** Do as a mouse does that rests where a finger taps. @param {PointerEvent} event */
  tap({ pointerType, x, y }) {
    if (pointerType !== "touch") return;
    const canvas = this.graph.querySelector(".gl-container canvas");
    // Only once what was thinned for the gesture is drawn again, with its hover targets; and a pixel beside the mouse
    // event that the browser itself made of the tap, since Plotly asks nothing again for the same pixel.
    const event = new MouseEvent("mousemove", { clientX: x + 1, clientY: y, bubbles: true });
    requestAnimationFrame(() => requestAnimationFrame(() => canvas?.dispatchEvent(event)));
  }
}
