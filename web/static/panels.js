/** What the page shows of a job: pictures, progress, downloads, errors. Draws; decides nothing. */

import { hasEnded } from "./api.js";
import { announce, byId, button, bytesText, make, percentText, secondsText, stageTitle } from "./dom.js";
import { showReport } from "./report.js";

/** @typedef {import("./api.js").Job} Job */
/** @typedef {"photo-image"|"depth-image"} Picture */

const TITLE = document.title;
const METAS = ["photo-meta", "depth-meta", "model-meta"];

/** Show nothing of a job. */
export function clear() {
  showError(null);
  showTrouble(null);
  showStatus(null);
  showReport(null);
  clearImage("photo-image");
  clearImage("depth-image");
  for (const id of METAS) byId(id).textContent = "";
  byId("downloads").hidden = true;
  document.title = TITLE;
}

/** Show or hide a picture in its panel. @param {HTMLImageElement} image @param {boolean} seen */
function setSeen(image, seen) {
  image.hidden = !seen;
  image.closest(".panel")?.classList.toggle("full", seen);
}

/**
 * Show a picture; nothing happens where it is shown already.
 * @param {Picture} id @param {string} url
 * @param {{ width: number, height: number }} [size] keeps its place until it is loaded
 */
export function showImage(id, url, size) {
  const image = byId(id, HTMLImageElement);
  if (image.dataset.url === url) return;
  if (size) Object.assign(image, { width: size.width, height: size.height });
  image.onerror = () => setSeen(image, false);
  image.onload = () => {
    byId("work").style.setProperty("--photo-ratio", String(image.naturalWidth / image.naturalHeight));
  };
  image.dataset.url = url;
  image.src = url;
  setSeen(image, true);
}

/** Show no picture. @param {Picture} id */
export function clearImage(id) {
  const image = byId(id, HTMLImageElement);
  for (const name of ["src", "width", "height"]) image.removeAttribute(name);
  delete image.dataset.url;
  setSeen(image, false);
}

/**
 * Say what went wrong; null: nothing.
 * @param {{ title: string, detail: string, another?: boolean } | null} problem another: another photo would help
 */
export function showError(problem) {
  byId("error").hidden = !problem;
  if (!problem) return;
  byId("error-title").textContent = problem.title;
  byId("error-detail").textContent = problem.detail;
  byId("error-another").hidden = !problem.another;
  moveFocus("error");
}

/** Show a calm sentence, while the page goes on by itself; null: none. @param {string | null} text */
export function showTrouble(text) {
  byId("trouble").hidden = !text;
  byId("trouble").textContent = text ?? "";
}

/**
 * Show progress within the panel of the stage that runs; null hides it.
 * @param {{ stage: "depth"|"model", text: string, fraction: number|null } | null} status
 */
export function showStatus(status) {
  const box = byId("status");
  box.hidden = !status;
  countDown(null);
  if (!status) return;
  const panel = byId(`${status.stage}-panel`).querySelector(".stage");
  if (box.parentElement !== panel) panel?.append(box);
  byId("stage").textContent = status.text;
  const progress = byId("progress", HTMLProgressElement);
  if (status.fraction === null) progress.removeAttribute("value");
  else progress.value = status.fraction;
  byId("percent").textContent = status.fraction === null ? "" : percentText(status.fraction);
}

let counting = 0;

/** Show the seconds that are left, one fewer each second, until they are set anew. @param {number|null} seconds */
function countDown(seconds) {
  clearInterval(counting);
  const due = performance.now() + 1000 * (seconds ?? 0);
  const show = () => {
    byId("left").textContent = seconds === null ? "" : secondsText((due - performance.now()) / 1000);
  };
  show();
  if (seconds !== null) counting = setInterval(show, 1000);
}

/** Show the progress of a job that is not at its end. @param {Job} job @param {"depth"|"model"} stage of the job */
export function showProgress(job, stage) {
  const waiting = job.state === "queued";
  const text = `${stageTitle(stage)}: ${job.message[0].toLowerCase()}${job.message.slice(1).replace(/\.$/, "")}`;
  showStatus({ stage, text, fraction: waiting && !job.progress ? null : job.progress });
  countDown(job.expected_seconds);
  announce(text);
  showTitle(percentText(job.progress));
}

/** Put words before the product's name in the title, which a background tab shows. @param {string} words */
export function showTitle(words) {
  document.title = [words, "Relief"].filter(Boolean).join(" · ");
}

/** Show the small words beside the panels' titles, and the report. @param {Job} job */
export function showMeta(job) {
  const took = (/** @type {number|null|undefined} */ seconds) => (seconds ? `${seconds.toFixed(1)} s` : "");
  const join = (/** @type {(string|null)[]} */ ...parts) => parts.filter(Boolean).join(" · ");
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

/** Offer a job's files. @param {Job} job */
export function showDownloads(job) {
  const files = job.results.filter((file) => !file.hidden);
  byId("downloads").hidden = !files.length || !(hasEnded(job) || job.stage === "export");
  const items = files.map(({ name, url, bytes, label, description }) => {
    const words = [make("span", {}, label), make("small", {}, description)];
    const link = make("a", { href: url, download: name }, ...words);
    if (bytes) link.append(make("span", { className: "bytes" }, bytesText(bytes)));
    return make("li", {}, link);
  });
  byId("download-list").replaceChildren(...items);
}

/**
 * Show which of the two steps can be taken, and which is next.
 * @param {object} has
 * @param {boolean} has.photo @param {boolean} has.depth @param {boolean} has.busy
 * @param {boolean} has.own it is not another's, shared
 * @param {{ depth: boolean, model: boolean }} has.again it would come out other than it is
 */
export function showSteps({ photo, depth, busy, own, again }) {
  byId("work").classList.toggle("reading", !own);
  byId("intro").hidden = photo;
  byId("work").hidden = byId("new-photo").hidden = !photo;
  const [forDepth, forModel] = [button("generate-depth"), button("generate-model")];
  forDepth.disabled = !photo || busy || !again.depth;
  forDepth.title = photo && !again.depth ? "Change a setting to make another depth map" : "";
  forModel.disabled = !depth || busy;
  forDepth.classList.toggle("primary", !forDepth.disabled && (!depth || again.depth));
  forModel.classList.toggle("primary", !forModel.disabled && again.model);
  byId("model-panel").classList.toggle("due", depth || busy);
}

/** Where the keyboard is to go on, unless it is somewhere by itself. @param {string} id */
export function moveFocus(id) {
  const at = document.activeElement;
  if (!at || at === document.body || at.id === "cancel") byId(id).focus({ preventScroll: true });
}
