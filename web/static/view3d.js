// @ts-check
/** Brings plotly.js and the viewer when they are first needed, and links them with the two pictures. */

import { byId } from "./dom.js";

/** @type {Promise<any>|null} */
let loading = null;

/** @param {string} url */
function loadScript(url) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = resolve;
    script.onerror = () => reject(new Error("The 3D view could not be loaded. Check your connection and reload the page."));
    document.head.append(script);
  });
}

async function load() {
  const { plotly, viewer } = document.body.dataset;
  const [{ Viewer }] = await Promise.all([import(String(viewer)), loadScript(String(plotly))]);
  const view = new Viewer(byId("viewer"));
  view.addEventListener("hover", (/** @type {CustomEvent} */ event) => mark(event.detail));
  return view;
}

/** The viewer; loading begins with the first call, which is best made while a job runs. */
export function viewer() {
  loading ??= load().catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

/** Show a place in both pictures, or none. @param {{ u: number, v: number } | null} place fractions of the photo */
function mark(place) {
  for (const dot of document.querySelectorAll(".mark")) {
    const shown = /** @type {HTMLElement} */ (dot);
    shown.hidden = !place || /** @type {HTMLElement} */ (shown.previousElementSibling).hidden;
    if (!place) continue;
    shown.style.left = `${100 * place.u}%`;
    shown.style.top = `${100 * place.v}%`;
  }
}
