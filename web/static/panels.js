/** What the page shows of a job: pictures, progress, downloads, errors. Draws; decides nothing. */

import { hasEnded, hasModel } from "./api.js";
import { announce, byId, bytesText, make, leftText, percentText, stageTitle } from "./dom.js";
import { facesText, showFaces } from "./faces.js";
import { showMeasures } from "./measures.js";
import { showReport } from "./report.js";

/** @typedef {"photo-image"|"depth-image"} Picture */

const TITLE = document.title;
let counting = 0;

/** Show nothing of a job. */
export function clear() {
  showError(null);
  showTrouble("");
  showStatus(null);
  showReport(null);
  showMeasures(null);
  showFaces(null);
  clearImage("photo-image");
  clearImage("depth-image");
  for (const meta of document.querySelectorAll(".meta")) meta.textContent = "";
  byId("downloads").hidden = byId("keep").hidden = true;
  document.title = TITLE;
}

/** Show or hide a picture in its panel. @param {HTMLImageElement} image @param {boolean} seen */
function setSeen(image, seen) {
  image.hidden = !seen;
  image.closest(".panel")?.classList.toggle("full", seen);
}

/**
 * Show a picture; false where it is shown already.
 * @param {Picture} id @param {string} url @param {Job["photo"]} [size] keeps its place until it is loaded
 */
export function showImage(id, url, size) {
  const image = byId(id, HTMLImageElement);
  if (image.dataset.url === url) return false;
  if (size) Object.assign(image, { width: size.width, height: size.height });
  image.onerror = () => setSeen(image, false);
  image.onload = () => {
    byId("work").style.setProperty("--photo-ratio", String(image.naturalWidth / image.naturalHeight));
  };
  image.dataset.url = url;
  image.src = url;
  setSeen(image, true);
  return true;
}

/** Show no picture. @param {Picture} id */
export function clearImage(id) {
  const image = byId(id, HTMLImageElement);
  for (const name of ["src", "width", "height", "data-url"]) image.removeAttribute(name);
  setSeen(image, false);
}

/** Say what went wrong; null: nothing. @param {Problem | null} problem @param {boolean} [another] photo would help */
export function showError(problem, another = false) {
  byId("error").hidden = !problem;
  if (!problem) return;
  byId("error-title").textContent = problem.title;
  byId("error-detail").textContent = problem.detail;
  byId("error-another").hidden = !another;
  moveFocus("error");
}

/** Show a calm sentence, while the page goes on by itself; "": none. @param {string} text */
export function showTrouble(text) {
  byId("trouble").hidden = !text;
  byId("trouble").textContent = text;
}

/**
 * Show progress within the panel of the stage that runs; null hides it.
 * @param {Stage|null} stage @param {string} [text] @param {number|null} [fraction] null: not known
 */
export function showStatus(stage, text = "", fraction = null) {
  const box = byId("status");
  box.hidden = !stage;
  countDown(null);
  if (!stage) return;
  const panel = byId(`${stage}-panel`).querySelector(".stage");
  if (box.parentElement !== panel) panel?.append(box);
  byId("stage").textContent = text;
  const progress = byId("progress", HTMLProgressElement);
  if (fraction === null) progress.removeAttribute("value");
  else progress.value = fraction;
  byId("percent").textContent = fraction === null ? "" : percentText(fraction);
}

/** Show the seconds that are left, one fewer each second, until they are set anew. @param {number|null} seconds */
function countDown(seconds) {
  clearInterval(counting);
  byId("left").textContent = "";
  if (seconds === null) return;
  const due = performance.now() + 1000 * seconds;
  const show = () => (byId("left").textContent = leftText((due - performance.now()) / 1000));
  show();
  counting = setInterval(show, 1000);
}

/** Show the progress of a job that is not at its end. @param {Job} job @param {Stage} stage of the job */
export function showProgress(job, stage) {
  const text = `${stageTitle(stage)}: ${job.message[0].toLowerCase()}${job.message.slice(1).replace(/\.$/, "")}`;
  showStatus(stage, text, job.progress || null);
  countDown(job.expected_seconds);
  announce(text);
  showTitle(job.progress ? percentText(job.progress) : job.state === "queued" ? "Waiting" : "Running");
}

/** Put words before the product's name in the title, which a background tab shows. @param {string} words */
export function showTitle(words) {
  document.title = [words, "Relief"].filter(Boolean).join(" · ");
}

/** Show the small words beside the panels' titles, and the report. @param {Job} job */
export function showMeta(job) {
  const took = (/** @type {number|null} */ seconds) => (seconds ? `${seconds.toFixed(1)} s` : "");
  const points = job.report?.points;
  const count = typeof points === "number" ? `${points.toLocaleString("en")} points` : "";
  byId("photo-meta").textContent = facesText(job) || `${job.photo.width} × ${job.photo.height}`;
  const source = job.report?.own_map ? "own map" : job.model;
  byId("depth-meta").textContent = [source, took(job.timings.depth_s)].filter(Boolean).join(" · ");
  const made = [count, took(job.timings.model_s)].filter(Boolean).join(" · ");
  byId("model-meta").textContent = job.preview ? "Rough first view" : made;
  showReport(job.report);
  showMeasures(job.report);
}

/** Bring a panel into sight, on a screen that cannot show all of them. @param {Stage|"photo"} panel */
export function reveal(panel) {
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
  byId(`${panel}-panel`).scrollIntoView({ block: "nearest", behavior });
}

/** Offer a job's files. @param {Job} job */
export function showDownloads(job) {
  const files = job.results.filter((file) => !file.hidden);
  byId("downloads").hidden = !files.length || !(hasEnded(job) || hasModel(job));
  const items = files.map(({ name, url, bytes, label, description }) => {
    const link = make("a", { href: url, download: name }, make("span", {}, label), make("small", {}, description));
    if (bytes) link.append(make("span", { className: "bytes" }, bytesText(bytes)));
    return make("li", {}, link);
  });
  byId("download-list").replaceChildren(...items);
}

/** Where the keyboard is to go on, unless it is somewhere by itself. @param {string} id */
export function moveFocus(id) {
  const at = document.activeElement;
  if (!at || at === document.body || at.id === "cancel") byId(id).focus({ preventScroll: true });
}
