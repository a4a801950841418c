/** Which point of the cloud is under the pointer, or under a finger that taps. */

/**
 * Listen to a graph that is drawn.
 * @param {PlotlyGraph} graph @param {HTMLElement} stage round it
 * @param {(index: number|undefined) => void} tell of a point's index; undefined when there is none any more
 */
export function listenForPoints(graph, stage, tell) {
  for (const name of /** @type {const} */ (["plotly_hover", "plotly_click"])) { // click is what it says on a phone
    graph.on(name, ({ points: [hit] }) => tell(hit.pointNumber));
  }
  graph.on("plotly_unhover", () => tell(undefined));
  // A finger that is lifted leaves its mark.
  stage.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && tell(undefined));
}

/** Do as a mouse does that rests there. @param {PlotlyGraph} graph @param {number} clientX @param {number} clientY */
export function pointAt(graph, clientX, clientY) {
  const canvas = graph.querySelector(".gl-container canvas");
  // Only once what was thinned for the gesture is drawn again, with its hover targets; and a pixel beside the mouse
  // event that the browser itself made of the tap, since Plotly asks nothing again for the same pixel.
  const at = { clientX: clientX + 1, clientY, bubbles: true };
  requestAnimationFrame(() => requestAnimationFrame(() => canvas?.dispatchEvent(new MouseEvent("mousemove", at))));
}
