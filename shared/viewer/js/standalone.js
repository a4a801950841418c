/** Starts the viewer in a self-contained view.html, whose data are gzip in base64 within the page. */

import { Viewer } from "./viewer.js";

/** The bytes that an element holds. @param {string} id @returns {Promise<ArrayBuffer>} */
async function unpack(id) {
  const packed = atob(document.getElementById(id)?.textContent?.trim() ?? "");
  const bytes = Uint8Array.from(packed, (character) => character.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

/** Load plotly.js, which is no module. */
async function library() {
  const script = document.createElement("script");
  script.textContent = new TextDecoder().decode(await unpack("plotly"));
  document.head.append(script);
}

/** Show the cloud of this page. */
async function start() {
  const host = /** @type {HTMLElement} */ (document.getElementById("viewer"));
  const note = /** @type {HTMLElement} */ (document.getElementById("note"));
  note.className = "begun"; // until then it says what is missing
  note.textContent = "Unpacking the face\u2026";
  try {
    const viewer = new Viewer(host, library);
    const [camera, ...marks] = location.hash.slice(1).split("_");
    viewer.camera = camera;
    viewer.marks = marks.join("_");
    for (const change of ["camera", "marks"]) {
      const state = () => [viewer.camera, viewer.marks].filter(Boolean).join("_");
      viewer.addEventListener(change, () => history.replaceState(null, "", `#${state()}`));
    }
    if (document.getElementById("head")) viewer.offerHead(() => unpack("head"));
    const color = /** @type {Appearance["color"]} */ (host.dataset.color);
    viewer.marking.accuracy = JSON.parse(host.dataset.accuracy ?? "null");
    await viewer.show(await unpack("cloud"), { color });
    note.remove();
  } catch (error) {
    note.textContent = `The 3D view cannot be shown: ${error instanceof Error ? error.message : error}`;
  }
}

start();
