/** Loads plotly.js and the viewer when they are first needed, and links them with the two pictures and the URL. */

import { getBlob } from "./api.js";
import { announce, byId, errorText, make } from "./dom.js";
import { inFragment, setFragment } from "./fragment.js";
import { showError, showTitle } from "./panels.js";

const WRITE_MS = 250;
const FAILED = "The 3D view could not be loaded. Check your connection and reload the page.";
/** @type {ReturnType<typeof load>|null} */
let loading = null;
/** @type {Promise<unknown>|null} */
let library = null;
let shown = ""; // URL of the cloud in the viewer; it names the run that made the cloud
let rough = ""; // URL of the rough cloud that is shown ahead of it
let head = ""; // URL of the head that the viewer offers
/** @type {string|null} */
let chosen = null; // the appearance that was chosen on this page
let writing = 0;

/** Load plotly.js, which is no module; where that fails, the viewer says so and may ask again. */
function plotly() {
  library ??= new Promise((done) => {
    const onerror = () => done((library = null));
    document.head.append(make("script", { src: document.body.dataset.plotly, onload: done, onerror }));
  });
  return library;
}

/** The viewer in its element. */
async function load() {
  plotly(); // both at once
  /** @type {import("../../shared/viewer/js/viewer.js")} */
  const { Viewer } = await import(String(document.body.dataset.viewer)).catch(() => {
    throw new Error(FAILED);
  });
  const view = new Viewer(byId("viewer"), plotly);
  view.addEventListener("hover", (event) => showSpot(/** @type {CustomEvent} */ (event).detail));
  view.addEventListener("camera", () => setFragment({ view: view.camera }));
  view.addEventListener("marks", () => setFragment({ marks: view.marks || null }));
  view.addEventListener("appearance", () => remember(view.appearance));
  view.addEventListener("trouble", (event) => {
    const detail = errorText(/** @type {CustomEvent} */ (event).detail);
    showError({ title: "The head could not be shown", detail });
  });
  return view;
}

/** The viewer; loading begins with the first call. */
function viewer() {
  loading ??= load().catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

/** Load the viewer while a job runs; if that fails, it is tried again when needed. */
export function preload() {
  viewer().catch(() => {});
}

/** Keep an appearance that was chosen, and write it into the URL once the hand rests. @param {string} appearance */
function remember(appearance) {
  chosen = appearance;
  clearTimeout(writing);
  writing = setTimeout(() => inFragment("job") && setFragment({ look: chosen }), WRITE_MS);
}

/** The next cloud is shown as its job's settings say. */
export function forgetAppearance() {
  chosen = null;
  setFragment({ look: null });
}

/**
 * Show a job's cloud as the URL says, else as was chosen, else as it was made; false where it is shown already.
 * @param {Job} job @param {string} url
 */
export async function showCloud(job, url) {
  if (shown === url) {
    viewer().then((view) => view.offerPictures(stillsOf(job)), () => {}); // they come later
    isNotDrawn();
    return false;
  }
  shown = url;
  try {
    const [view, bytes] = await Promise.all([viewer(), getBytes(url)]);
    if (shown !== url) return false; // another job was opened meanwhile
    if (!rough) reveal(view);
    rough = "";
    const appearance = inFragment("look") ?? chosen ?? "";
    if (chosen) setFragment({ look: appearance });
    view.marking.accuracy = accuracyOf(job);
    view.offerPictures(stillsOf(job));
    await view.show(bytes, colorOf(job), appearance);
    announce(isNotDrawn() ? "The 3D model is ready, but cannot be drawn here." : "The 3D model is ready.");
    return true;
  } catch (error) {
    if (shown === url) shown = "";
    throw error;
  }
}

/**
 * Show a rough cloud of a job until its own is here; one that comes later than that is of no use any more.
 * @param {Job} job @param {string} url
 */
export async function showRough(job, url) {
  if (shown || rough === url) return;
  rough = url;
  const [view, bytes] = await Promise.all([viewer(), getBytes(url)]).catch(() => []); // the cloud's turn tells why
  if (!view || shown || rough !== url) return;
  reveal(view);
  await view.showRough(bytes, colorOf(job), inFragment("look") ?? chosen ?? "");
  if (rough === url && !isNotDrawn()) announce("A rough first view of the face is here. The 3D model follows.");
}

/** Leave the rough cloud, if it is shown and none takes its place. */
export const hideRough = () => rough && hideCloud();

/** The bytes of a file. @param {string} url */
const getBytes = async (url) => (await getBlob(url)).arrayBuffer();

/**
 * Bring the viewer into the page, with its camera and marks as the URL has them.
 * @param {Awaited<ReturnType<typeof load>>} view
 */
function reveal(view) {
  byId("viewer").hidden = false;
  byId("model-panel").classList.add("full");
  view.camera = inFragment("view") ?? view.front;
  view.marks = inFragment("marks") ?? "";
}

/** The colour that a job was made with. @param {Job} job */
const colorOf = ({ settings }) => ({ color: /** @type {Appearance["color"]} */ (settings.model.color) });

/** Whether the model that is there cannot be drawn, which the title says too. */
function isNotDrawn() {
  const { ready, stills } = byId("viewer").dataset;
  if (ready && stills) showTitle("Ready, not drawn");
  return Boolean(stills);
}

/** The pictures of a job that stand in for its 3D view. @param {Job} job @returns {Stills[]} */
function stillsOf({ results }) {
  /** @type {[string, Omit<Stills, "url">][]} */
  const known = Object.entries(JSON.parse(byId("viewer").dataset.pictures ?? "{}"));
  return known.flatMap(([name, layout]) =>
    results.filter((file) => file.name === name).map(({ url }) => ({ ...layout, url })));
}

/** How far lengths in a job's cloud may be off, where that is known. @param {Job} job @returns {Accuracy | null} */
function accuracyOf({ report }) {
  const known = JSON.parse(byId("viewer").dataset.accuracy ?? "{}");
  return (report?.scale && known[report.scale.source]) ?? null;
}

/** Offer the head of the same job as a way to show it. @param {string} url ""; there is none */
export async function offerHead(url) {
  if (head === url) return;
  head = url;
  const view = await viewer().catch(() => null); // whoever shows the cloud says what is wrong
  if (head === url) view?.offerHead(url ? () => getBytes(url) : null);
}

/** Leave the cloud that is shown, if any. */
export function hideCloud() {
  shown = rough = "";
  if (head) offerHead("");
  byId("viewer").hidden = true;
  for (const state of ["ready", "preview"]) delete byId("viewer").dataset[state];
  byId("model-panel").classList.remove("full");
  showSpot(null);
}

/** Show where a point is in both pictures, or nothing. @param {{ u: number, v: number } | null} place fractions */
function showSpot(place) {
  for (const dot of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".spot"))) {
    const picture = /** @type {HTMLElement} */ (dot.previousElementSibling);
    dot.hidden = !place || picture.hidden;
    if (place) Object.assign(dot.style, { left: `${100 * place.u}%`, top: `${100 * place.v}%` });
  }
}
