// @ts-check
/** Brings plotly.js and the viewer when they are first needed, and links them with the two pictures and the address. */

import { inAddress, setAddress } from "./address.js";
import { getBytes } from "./api.js";
import { announce, byId } from "./dom.js";

const WRITE_MS = 250;
/** @type {Promise<any>|null} */
let loading = null;
let shown = ""; // url and time of the cloud in the viewer
/** @type {string|null} */
let chosen = null; // the look that was chosen on this page, in the address's words
let writing = 0;

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
  view.addEventListener("camera", () => setAddress({ view: view.camera }));
  view.addEventListener("options", () => remember(view.options));
  return view;
}

/** Keep a look that was chosen, and write it into the address once the hand rests. @param {Record<string, any>} options */
function remember({ mode, color, size, light }) {
  chosen = [mode, color, size, light].join(",");
  clearTimeout(writing);
  writing = setTimeout(() => inAddress("job") && setAddress({ look: chosen }), WRITE_MS);
}

/** The next cloud is seen as its job's settings say. */
export function forgetLook() {
  chosen = null;
  setAddress({ look: null });
}

/** The viewer; loading begins with the first call, which is best made while a job runs. */
export function viewer() {
  loading ??= load().catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

/** What the address says of the look, or what was chosen before, over what the job was made with. @param {import("./api.js").Job} job */
function look(job) {
  const text = inAddress("look") ?? chosen ?? "";
  const [mode, color, size, light] = text.split(",");
  if (chosen) setAddress({ look: text });
  return {
    ...(["points", "surface"].includes(mode) && { mode }),
    color: ["grayscale", "photo", "confidence"].includes(color) ? color : job.settings.model.color,
    ...(Number(size) >= 0.25 && Number(size) <= 3 && { size: Number(size) }),
    ...(light && Math.abs(Number(light)) <= 80 && { light: Number(light) }),
  };
}

/** Show a job's cloud; nothing happens where it is shown already. @param {import("./api.js").Job} job @param {string} url */
export async function showCloud(job, url) {
  if (shown === url) return; // it names the run that made the cloud
  shown = url;
  try {
    const [view, bytes] = await Promise.all([viewer(), getBytes(url)]);
    if (shown !== url) return; // another job was opened meanwhile
    byId("viewer").hidden = false;
    byId("model-panel").classList.add("full");
    view.camera = inAddress("view") ?? view.front;
    await view.show(bytes, look(job));
    announce("The 3D model is ready.");
  } catch (error) {
    if (shown === url) shown = "";
    throw error;
  }
}

/** Leave the cloud that is shown, if any. */
export function hideCloud() {
  shown = "";
  byId("viewer").hidden = true;
  delete byId("viewer").dataset.ready;
  byId("model-panel").classList.remove("full");
  mark(null);
}

/** Show a place in both pictures, or none. @param {{ u: number, v: number } | null} place fractions of the photo */
function mark(place) {
  for (const dot of document.querySelectorAll(".mark")) {
    const shownMark = /** @type {HTMLElement} */ (dot);
    shownMark.hidden = !place || /** @type {HTMLElement} */ (dot.previousElementSibling).hidden;
    if (!place) continue;
    shownMark.style.left = `${100 * place.u}%`;
    shownMark.style.top = `${100 * place.v}%`;
  }
}
