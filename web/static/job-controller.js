/** Takes one job through the page: a photo, its depth map, its 3D model. */

import { createJob, getBlob, getJson, hasEnded, hasModel, jobUrl, keepsCookies, post, Refusal } from "./api.js";
import { showDepthMap } from "./depth-map.js";
import { announce, button, errorText, stageTitle } from "./dom.js";
import { showFaces } from "./faces.js";
import { EMPTY, inFragment, setFragment } from "./fragment.js";
import { markOpenJob, refreshGallery } from "./gallery.js";
import { showJobActions } from "./job-actions.js";
import { leave, photoAlone, result, showChosen, showState, state } from "./page-state.js";
import * as panels from "./panels.js";
import { chosenSettings, settingsAreValid, settingsDiffer, showKeptSettings, showSettings } from "./settings.js";
import { showSpace } from "./space.js";
import { forgetAppearance, hideCloud, hideRough, offerHead, preload, showCloud, showRough } from "./view3d.js";
import { watch } from "./watch.js";

const GONE = {
  title: "This job is not here any more",
  detail:
    "It has expired, was deleted, or belongs to someone else: then ask for a share link. " +
    "Or choose a photo to begin.",
};
const NO_COOKIES = {
  title: "This photo cannot be shown here",
  detail:
    "This browser keeps no cookies for this page, so Relief cannot tell whether the photo is yours. " +
    "Allow cookies for this page, or open the photo by a share link.",
};
const LOST = "The connection is lost. Your job goes on; this page tries again by itself.";

/** Show what went wrong. @param {unknown} error */
export function fail(error) {
  state.busy = false;
  panels.showStatus(null);
  showState();
  if (error instanceof DOMException && error.name === "AbortError") return;
  const refused = error instanceof Refusal ? error : null;
  if (refused?.status === 404) {
    if (state.job) photoAlone();
    panels.showError(keepsCookies ? GONE : NO_COOKIES);
    refreshGallery();
  } else {
    const problem = { title: refused?.title ?? "That did not work", detail: errorText(error) };
    panels.showError(problem, /photo/.test(refused?.type ?? ""));
  }
}

/** Show that a stage begins. @param {Stage} stage @param {string} text @param {number} [fraction] */
function showBeginning(stage, text, fraction) {
  panels.showStatus(stage, text, fraction);
  panels.reveal(stage);
  button("cancel").focus({ preventScroll: true });
  preload();
}

/** An action of one of the buttons. @param {() => Promise<void>} act */
const generate = (act) => async () => {
  if (!settingsAreValid()) return;
  state.busy = true;
  panels.showError(null);
  showState();
  await act().catch(fail);
};

/** Have it made from the photo, which is sent where the server does not have it. @param {Settings} steps {}: all */
const fromPhoto = (steps) => generate(() => (state.job?.links.depth ? depthAgain(steps) : sendPhoto(steps)));

/** The button of the photo: have everything made. */
export const generateAll = fromPhoto({});

/** The first of two steps: have the depth map made alone. */
export const generateDepth = fromPhoto({ steps: "depth" });

/** A click on a face: have its depth made, and its 3D model where that of another one is shown. @param {string} face */
export const chooseFace = (face) =>
  generate(() => depthAgain({ face, ...(!state.cloud && { steps: "depth" }) }))();

/** Have the depth stage run again on the photo that is stored. @param {Settings} choice beside what the form says */
async function depthAgain(choice) {
  if (!state.job) throw new Error("There is no photo yet.");
  showBeginning("depth", `${stageTitle("depth")}: asking for it`);
  const again = await post(state.job.links.depth, { ...chosenSettings("depth"), ...choice });
  setFragment({ view: null, marks: null }); // another person is seen from the front again
  beginDepth(again);
}

/** Send the photo, and have its depth map made at least. @param {Settings} steps */
async function sendPhoto(steps) {
  state.stopWatching();
  const photo = (state.photo ??= await getBlob(String(state.job?.links.photo)));
  const words = "Sending the photo";
  showBeginning("depth", words, 0);
  const fields = { ...steps, ...chosenSettings("depth"), ...chosenSettings("model") };
  const { job, abort } = createJob(photo, fields, (fraction) => panels.showStatus("depth", words, fraction));
  state.stopSending = abort;
  const accepted = await job;
  setFragment({ job: accepted.id, photo: null }, true);
  beginDepth(accepted);
}

/** Follow a job whose depth map is being made. @param {Job} job */
function beginDepth(job) {
  panels.clearImage("depth-image");
  hideCloud();
  state.cloud = false;
  follow(job);
  refreshGallery();
}

/** The second step: have the 3D model made from the depth map that is stored. */
export const generateModel = generate(async () => {
  if (!state.job) throw new Error("There is no depth map yet.");
  if (settingsDiffer("model", state.job.settings.model)) forgetAppearance(); // the chosen colour shall be seen
  showBeginning("model", `${stageTitle("model")}: asking for it`);
  follow(await post(state.job.links.model, chosenSettings("model")));
});

/** Show a job and everything that becomes of it. @param {Job} job */
export function follow(job) {
  state.stopWatching();
  panels.showError(null);
  showJob(job);
  if (hasEnded(job)) return;
  const trouble = (/** @type {boolean} */ lost) => panels.showTrouble(lost ? LOST : "");
  state.stopWatching = watch(job.links.self, { seen: showJob, trouble, gone: fail });
}

/** Show how a job stands, and bring into sight what came while the page followed it. @param {Job} job */
function showJob(job) {
  const followed = state.busy;
  state.job = job;
  state.busy = !hasEnded(job);
  if (!state.photo) panels.showImage("photo-image", job.links.photo, job.photo);
  const depth = result("depthImage");
  const another = depth && showDepthMap(depth, result("metricImage"), job.photo);
  panels.showMeta(job);
  showFaces(job);
  showJobActions(job);
  panels.showDownloads(job);
  showSpace(job);
  showRoughOf(job);
  if (state.busy && !hasModel(job)) panels.showProgress(job, job.stage === "depth" ? "depth" : "model");
  else showEnd(job, followed); // while head and meshes are made, the 3D model can be looked at already
  showState();
  if (another && followed) panels.reveal("depth");
  if (depth && !state.cloud && !state.busy) panels.moveFocus("generate-model");
}

/** Show the rough first view of a job as long as there is one. @param {Job} job */
function showRoughOf(job) {
  const rough = job.preview && result("rough");
  if (rough) showRough(job, rough.url);
  else if (!result("cloud")) hideRough();
}

/** Show what came of a job. @param {Job} job @param {boolean} followed up to now */
function showEnd(job, followed) {
  panels.showStatus(null);
  panels.showTitle(job.state === "failed" ? "Failed" : job.state === "succeeded" ? "Ready" : "");
  if (job.state === "canceled") {
    announce("Canceled.");
    return photoAlone(); // it has no files any more
  }
  const failure = job.error ?? { title: "The job failed", detail: job.message };
  if (job.state === "failed") panels.showError(failure, job.stage === "depth");
  const cloud = result("cloud");
  state.cloud = Boolean(cloud);
  if (cloud) {
    const arrive = (/** @type {boolean} */ another) => {
      if (another && followed) panels.reveal("model");
      panels.moveFocus("viewer");
    };
    showCloud(job, cloud.url).then(arrive, fail);
    offerHead(result("head")?.url ?? "");
  } else if (job.state === "succeeded") announce("The depth map is ready. Next: generate the 3D model.");
}

/** Stop what runs. */
export async function cancel() {
  state.stopSending();
  const links = state.job?.links;
  if (!links?.cancel) return; // it has ended
  state.stopWatching();
  state.photo ??= await getBlob(links.photo).catch(() => null);
  await post(links.cancel).then(follow).catch(fail);
}

/** Show what the URL names: a job, or the photo that was chosen and not sent yet, or the beginning. */
export async function open() {
  const id = inFragment("job");
  const photo = !id && inFragment("photo") ? state.chosen : null;
  markOpenJob();
  if (id ? id === state.job?.id : !state.job && photo === state.photo) return;
  leave();
  showState();
  scrollTo({ top: 0 });
  if (photo) showChosen(photo);
  else if (id) await openJob(id);
  else setFragment(EMPTY);
}

/** Show the job that the URL names. @param {string} id */
async function openJob(id) {
  preload();
  try {
    /** @type {Job} */
    const job = await getJson(jobUrl(id));
    if (inFragment("job") !== id) return; // another one was asked for meanwhile
    showSettings(job.settings);
    showKeptSettings(id);
    follow(job);
    if (!hasEnded(job)) panels.reveal(job.stage === "depth" ? "depth" : "model");
  } catch (error) {
    setFragment(EMPTY);
    fail(error);
  }
}
