// @ts-check
/** What the page shows of a job: pictures, progress, downloads, errors. Draws; decides nothing. */

import { announce, byId, bytesText, make, secondsText } from "./dom.js";
import { showReport } from "./report.js";
import { hasEnded } from "./watch.js";

/** @typedef {import("./api.js").Job} Job */

const STAGE_NAMES = { depth: "Depth map", model: "3D model" };
const FILES = {
  "view.html": ["3D view", "one file that opens in any browser"],
  "cloud.ply": ["Point cloud", "PLY, for MeshLab or Blender"],
  "face.glb": ["3D model, GLB", "for Blender and the web"],
  "face.obj.zip": ["3D model, OBJ", "with texture, for any 3D program"],
  "face.stl": ["3D model, STL", "for printing"],
  "face.ply": ["3D model, PLY", "with colour and confidence"],
  "depth.png": ["Depth map", "PNG, 8 bit"],
  "depth16.png": ["Depth map", "PNG, 16 bit"],
  "depth.npz": ["Depth values", "NumPy, with the camera"],
  "normals.png": ["Normal map", "PNG"],
  "report.json": ["Report", "JSON: how it was made, and what is metric"],
  "photo.jpg": ["Photo", "as stored, without metadata"],
  "all.zip": ["Everything", "one archive"],
};
const HIDDEN_FILES = ["cloud.rlf"]; // what the page's own viewer reads

/**
 * Show a picture; nothing happens where it is shown already.
 * @param {string} id @param {string} url @param {{ width: number, height: number }} [size] keeps its place meanwhile
 */
export function showImage(id, url, size) {
  const image = byId(id);
  if (image.dataset.url === url) return;
  if (size) Object.assign(image, { width: size.width, height: size.height });
  const show = (/** @type {boolean} */ seen) => {
    image.hidden = !seen;
    image.closest(".panel").classList.toggle("full", seen);
  };
  image.onerror = () => show(false);
  image.onload = () => byId("work").style.setProperty("--photo-ratio", String(image.naturalWidth / image.naturalHeight));
  image.dataset.url = url;
  image.src = url;
  show(true);
}

/** @param {string} id */
export function clearImage(id) {
  const image = byId(id);
  for (const name of ["src", "width", "height"]) image.removeAttribute(name);
  delete image.dataset.url;
  image.hidden = true;
  image.closest(".panel").classList.remove("full");
}

/** @param {{ title: string, detail: string, another?: boolean } | null} problem another: another photo would help */
export function showError(problem) {
  byId("error").hidden = !problem;
  if (!problem) return;
  byId("error-title").textContent = problem.title;
  byId("error-detail").textContent = problem.detail;
  byId("error-another").hidden = !problem.another;
  moveFocus("error");
}

/** @param {string | null} text a calm sentence, while the page goes on by itself */
export function showTrouble(text) {
  byId("trouble").hidden = !text;
  byId("trouble").textContent = text ?? "";
}

/**
 * Progress within the panel of the stage that runs; null hides it.
 * @param {{ stage: "depth"|"model", text: string, fraction: number|null } | null} status
 */
export function showStatus(status) {
  const box = byId("status");
  box.hidden = !status;
  countDown(null);
  if (!status) return;
  const place = byId(`${status.stage}-panel`).querySelector(".stage");
  if (box.parentElement !== place) place.append(box);
  byId("stage").textContent = status.text;
  if (status.fraction === null) byId("progress").removeAttribute("value");
  else byId("progress").value = status.fraction;
  byId("percent").textContent = status.fraction === null ? "" : `${Math.round(100 * status.fraction)} %`;
}

let counting = 0;

/** Show the seconds that are left, one fewer each second, until the server tells anew. @param {number|null} seconds */
function countDown(seconds) {
  clearInterval(counting);
  const due = performance.now() + 1000 * (seconds ?? 0);
  const show = () => (byId("left").textContent = seconds === null ? "" : secondsText((due - performance.now()) / 1000));
  show();
  if (seconds !== null) counting = setInterval(show, 1000);
}

/** Progress of a job that is not at its end. @param {Job} job */
export function showProgress(job) {
  const waiting = job.state === "queued";
  const text = `${STAGE_NAMES[job.stage]}: ${job.message[0].toLowerCase()}${job.message.slice(1).replace(/\.$/, "")}`;
  showStatus({ stage: job.stage, text, fraction: waiting && !job.progress ? null : job.progress });
  countDown(job.expected_seconds);
  announce(text);
  showTitle(`${Math.round(100 * job.progress)} %`);
}

/** Words before the product's name in the title, which a background tab shows. @param {string} [words] */
export function showTitle(words) {
  document.title = [words, "Relief"].filter(Boolean).join(" · ");
}

/** @param {number|null|undefined} seconds */
const took = (seconds) => (seconds ? `${seconds.toFixed(1)} s` : "");

/** The small words beside the panels' titles. @param {Job} job */
export function showMeta(job) {
  const join = (/** @type {any[]} */ ...parts) => parts.filter(Boolean).join(" · ");
  const points = job.report?.points;
  byId("photo-meta").textContent = `${job.photo.width} × ${job.photo.height}`;
  byId("depth-meta").textContent = join(job.model, took(job.timings.depth_s));
  const count = typeof points === "number" ? `${points.toLocaleString("en")} points` : "";
  byId("model-meta").textContent = join(count, took(job.timings.model_s));
  showReport(job.report);
}

/** Bring a panel into sight, on a screen that cannot show all of them. @param {"photo"|"depth"|"model"} stage */
export function reveal(stage) {
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
  byId(`${stage}-panel`).scrollIntoView({ block: "nearest", behavior });
}

/** @param {Job} job */
export function showDownloads(job) {
  const files = job.results.filter((file) => !HIDDEN_FILES.includes(file.name));
  const order = Object.keys(FILES);
  files.sort((a, b) => (order.indexOf(a.name) + 99) % 99 - (order.indexOf(b.name) + 99) % 99);
  byId("downloads").hidden = !files.length || !(hasEnded(job) || job.stage === "export");
  const items = files.map((file) => {
    const [title, what] = FILES[file.name] ?? [file.name, ""];
    const link = make("a", { href: file.url, download: file.name }, make("span", {}, title), make("small", {}, what));
    if (file.bytes) link.append(make("span", { className: "bytes" }, bytesText(file.bytes)));
    return make("li", {}, link);
  });
  byId("download-list").replaceChildren(...items);
}

/**
 * Which of the two steps can be taken, and which is next.
 * @param {{ photo: boolean, depth: boolean, cloud: boolean, busy: boolean, own: boolean, again: { depth: boolean, model: boolean } }} has
 *   own: it is not another's, shared; again: it would come out other than it is
 */
export function showSteps(has) {
  byId("work").classList.toggle("reading", !has.own);
  byId("intro").hidden = has.photo;
  byId("work").hidden = !has.photo;
  byId("new-photo").hidden = !has.photo;
  const [depth, model] = [byId("generate-depth"), byId("generate-model")];
  depth.disabled = !has.photo || has.busy || !has.again.depth;
  depth.title = has.photo && !has.again.depth ? "Change a setting to make another depth map" : "";
  model.disabled = !has.depth || has.busy;
  depth.classList.toggle("primary", !depth.disabled && (!has.depth || has.again.depth));
  model.classList.toggle("primary", !model.disabled && has.again.model);
  byId("model-panel").classList.toggle("due", has.depth || has.busy);
}

/** Where the keyboard is to go on, unless it is somewhere by itself. @param {string} id */
export function moveFocus(id) {
  const at = document.activeElement;
  if (!at || at === document.body || at.id === "cancel") byId(id).focus({ preventScroll: true });
}
