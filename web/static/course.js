// @ts-check
/** The course of one job on the page: a photo, its depth map, its 3D model. */

import { inAddress, setAddress } from "./address.js";
import { createJob, getBlob, getJson, jobUrl, post, Refusal } from "./api.js";
import { announce, byId } from "./dom.js";
import * as panels from "./panels.js";
import { markOpenJob, refreshGallery } from "./gallery.js";
import { forgetJob, isOwn, showJobActions } from "./keep.js";
import { chosenSettings, settingsAreValid, settingsDiffer, showKeptSettings, showSettings } from "./settings.js";
import { forgetLook, hideCloud, showCloud, viewer } from "./view3d.js";
import { hasEnded, watch } from "./watch.js";

/** @typedef {import("./api.js").Job} Job */

const NOWHERE = { job: null, photo: null, view: null, look: null };
const GONE = {
  title: "This job is not here any more",
  detail: "It has expired, was deleted, or belongs to someone else: then ask for a share link. Or choose a photo to begin.",
};
const state = {
  /** @type {Blob|null} */ photo: null, // to be sent by the first button
  /** @type {Job|null} */ job: null,
  cloud: false, // the viewer shows this job's cloud, or soon will
  busy: false,
  stopWatching: () => {},
  stopSending: () => {},
};

/** @param {string} name @returns {import("./api.js").Result | undefined} */
const result = (name) => state.job?.results.find((file) => file.name === name);

function showState() {
  panels.showSteps({
    photo: Boolean(state.photo || state.job),
    depth: Boolean(result("depth.png")),
    cloud: state.cloud,
    busy: state.busy,
    own: !state.job || isOwn(state.job),
    again: {
      depth: !state.job || !result("depth.png") || settingsDiffer("depth", state.job.settings.depth),
      model: !state.job || !state.cloud || settingsDiffer("model", state.job.settings.model),
    },
  });
}

/** Someone has chosen another setting. */
export const settingsChanged = showState;

/** @param {unknown} error */
export function fail(error) {
  state.busy = false;
  panels.showStatus(null);
  showState();
  if (error instanceof DOMException && error.name === "AbortError") return;
  if (error instanceof Refusal && error.status === 404 && state.job) return lose();
  const title = error instanceof Refusal ? error.title : "That did not work";
  const another = error instanceof Refusal && /photo/.test(error.type);
  panels.showError({ title, detail: error instanceof Error ? error.message : String(error), another });
}

/** The job of the page is not there any more: its photo alone stays, where the page has it. */
function lose() {
  const { photo } = state;
  if (photo) choose(photo);
  else {
    clear();
    setAddress(NOWHERE);
    showState();
  }
  panels.showError(GONE);
  refreshGallery();
}

/** Leave the job that is shown, if any. */
function clear() {
  state.stopWatching();
  state.stopSending();
  Object.assign(state, { photo: null, job: null, cloud: false, busy: false });
  panels.showError(null);
  panels.showTrouble(null);
  panels.showStatus(null);
  panels.showTitle("A face in 3D from one photo");
  panels.clearImage("photo-image");
  panels.clearImage("depth-image");
  hideCloud();
  forgetJob();
  for (const id of ["photo-meta", "depth-meta", "model-meta"]) byId(id).textContent = "";
  byId("downloads").hidden = byId("report").hidden = true;
}

/** @type {Blob|null} */
let chosen = null; // the last photo: Back and Forward find it again

/** @param {Blob} photo */
export function choose(photo) {
  chosen = photo;
  setAddress({ ...NOWHERE, photo: "new" }, { step: inAddress("photo") === null });
  showChosen(photo);
}

/** @param {Blob} photo */
function showChosen(photo) {
  clear();
  state.photo = photo;
  panels.showImage("photo-image", URL.createObjectURL(photo));
  showState();
  byId("generate-depth").focus({ preventScroll: true });
  const seen = byId("photo-image").decode().catch(() => {}); // a file that is no picture is refused by the server
  seen.then(() => panels.reveal("depth"));
  announce("The photo is here. Next: generate the depth map.");
}

/** The first button: send the photo, and have its depth map made. */
export async function generateDepth() {
  if (!settingsAreValid()) return;
  try {
    state.busy = true;
    state.stopWatching();
    panels.showError(null);
    showState();
    const photo = (state.photo ??= await getBlob(String(state.job?.links.photo)));
    const sending = (fraction) => panels.showStatus({ stage: "depth", text: "Sending the photo", fraction });
    sending(0);
    panels.reveal("depth");
    byId("cancel").focus({ preventScroll: true });
    const fields = { steps: "depth", ...chosenSettings("depth"), ...chosenSettings("model") };
    const { job, abort } = createJob(photo, fields, sending);
    state.stopSending = abort;
    viewer().catch(() => {}); // plotly.js comes while the job runs; if it fails, it is tried again when needed
    const accepted = await job;
    panels.clearImage("depth-image");
    hideCloud();
    state.cloud = false;
    setAddress({ job: accepted.id, photo: null }, { step: true });
    follow(accepted);
    refreshGallery();
  } catch (error) {
    fail(error);
  }
}

/** The second button: have the 3D model made from the depth map that is stored. */
export async function generateModel() {
  if (!state.job || !settingsAreValid()) return;
  try {
    state.busy = true;
    panels.showError(null);
    showState();
    if (settingsDiffer("model", state.job.settings.model)) forgetLook(); // the colour that is chosen now shall be seen
    panels.showStatus({ stage: "model", text: "3D model: asking for it", fraction: null });
    panels.reveal("model");
    byId("cancel").focus({ preventScroll: true });
    viewer().catch(() => {});
    follow(await post(state.job.links.model, chosenSettings("model")));
  } catch (error) {
    fail(error);
  }
}

/** Show a job and everything that becomes of it. @param {Job} job */
export function follow(job) {
  state.stopWatching();
  panels.showError(null);
  seen(job);
  if (hasEnded(job)) return;
  state.stopWatching = watch(job.links.self ?? jobUrl(job.id), {
    seen,
    trouble: (lost) => panels.showTrouble(lost ? "The connection is lost. Your job goes on; this page tries again by itself." : null),
    gone: fail,
  });
}

/** @param {Job} job */
function seen(job) {
  state.job = job;
  state.busy = !hasEnded(job);
  if (!state.photo) panels.showImage("photo-image", job.links.photo, job.photo);
  const depth = result("depth.png");
  if (depth) panels.showImage("depth-image", depth.url, job.photo);
  panels.showMeta(job);
  showJobActions(job);
  panels.showDownloads(job);
  if (state.busy && job.stage !== "export") panels.showProgress(job);
  else ended(job); // while meshes are written, the 3D model can be looked at already
  showState();
  if (depth && !state.cloud && !state.busy) panels.moveFocus("generate-model");
}

/** @param {Job} job */
function ended(job) {
  panels.showStatus(null);
  panels.showTitle({ failed: "Failed", succeeded: "Ready" }[String(job.state)]);
  const failure = job.error ?? { title: "The job failed", detail: job.message };
  if (job.state === "failed") panels.showError({ ...failure, another: job.stage === "depth" });
  if (job.state === "canceled") return canceled();
  const cloud = result("cloud.rlf");
  state.cloud = Boolean(cloud);
  if (cloud) showCloud(job, cloud.url).then(() => panels.moveFocus("viewer"), fail);
  else if (job.state === "succeeded") {
    panels.reveal("model");
    announce("The depth map is ready. Next: generate the 3D model.");
  }
}

/** A canceled job has no files any more: the photo alone stays on the page, to begin again with. */
function canceled() {
  announce("Canceled.");
  const { photo } = state;
  if (photo) return choose(photo);
  clear();
  setAddress(NOWHERE);
}

/** Stop what runs. */
export async function cancel() {
  state.stopSending();
  if (!state.job || hasEnded(state.job) || !state.job.links.cancel) return;
  try {
    state.stopWatching();
    state.photo ??= await getBlob(state.job.links.photo).catch(() => null);
    follow(await post(state.job.links.cancel));
  } catch (error) {
    fail(error);
  }
}

/** Show the job of the address, or the photo that was chosen and not sent yet, or the beginning. */
export async function open() {
  const id = inAddress("job");
  const photo = !id && inAddress("photo") ? chosen : null;
  markOpenJob();
  if (id ? id === state.job?.id : !state.job && photo === state.photo) return;
  clear();
  showState();
  scrollTo({ top: 0 });
  if (photo) return showChosen(photo);
  if (!id) return setAddress(NOWHERE);
  try {
    const job = await getJson(jobUrl(id));
    if (inAddress("job") !== id) return; // another one was asked for meanwhile
    viewer().catch(() => {});
    showSettings(job.settings);
    showKeptSettings(id);
    follow(job);
    if (!hasEnded(job)) panels.reveal(job.stage === "depth" ? "depth" : "model");
  } catch (error) {
    setAddress(NOWHERE);
    if (error instanceof Refusal && error.status === 404) panels.showError(GONE);
    else fail(error);
  }
}
