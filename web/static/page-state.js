/** What the page has at the moment: a photo that was chosen, a job, its cloud. */

import { isOwn } from "./api.js";
import { announce, byId, button } from "./dom.js";
import { EMPTY, inFragment, setFragment } from "./fragment.js";
import * as panels from "./panels.js";
import { settingsDiffer } from "./settings.js";
import { hideCloud, preload } from "./view3d.js";

export const state = {
  /** @type {Blob|null} */ photo: null, // to be sent
  /** @type {Blob|null} */ chosen: null, // the last one: Back and Forward find it again
  /** @type {Job|null} */ job: null,
  cloud: false, // the viewer shows this job's cloud, or soon will
  busy: false,
  stopWatching: () => {},
  stopSending: () => {},
};

/** A file of the job, where it has that. @param {"depthImage"|"metricImage"|"rough"|"cloud"|"head"} file */
export const result = (file) => state.job?.results.find(({ name }) => name === document.body.dataset[file]);

/** Show what can be made, at once or in two steps, and what is next; to be called too when a setting was changed. */
export function showState() {
  const { job, cloud, busy } = state;
  const photo = Boolean(state.photo || job);
  const depth = Boolean(result("depthImage"));
  // Whether it would come out other than it is.
  const depthAgain = !job || !depth || settingsDiffer("depth", job.settings.depth);
  const modelAgain = !job || !cloud || settingsDiffer("model", job.settings.model);
  byId("work").classList.toggle("reading", Boolean(job && !isOwn(job)));
  byId("intro").hidden = photo;
  byId("work").hidden = byId("new-photo").hidden = !photo;
  const [forAll, forDepth, forModel] = ["all", "depth", "model"].map((what) => button(`generate-${what}`));
  forAll.hidden = depth;
  forAll.disabled = !photo || busy;
  forDepth.disabled = !photo || busy || !depthAgain;
  forDepth.title = photo && !depthAgain ? "Change a setting to make another depth map" : "";
  forModel.disabled = !depth || busy;
  forAll.classList.toggle("primary", !forAll.disabled);
  forDepth.classList.toggle("primary", !forDepth.disabled && depth);
  forModel.classList.toggle("primary", !forModel.disabled && modelAgain);
  byId("model-panel").classList.toggle("due", depth || busy);
}

/** Leave the job that is shown, if any. */
export function leave() {
  state.stopWatching();
  state.stopSending();
  Object.assign(state, { photo: null, job: null, cloud: false, busy: false });
  panels.clear();
  hideCloud();
}

/** The job is not there any more: its photo stays, where the page has it, to begin again with. */
export function photoAlone() {
  if (state.photo) return choose(state.photo);
  leave();
  setFragment(EMPTY);
  showState();
}

/** Begin with a photo. @param {Blob} photo */
export function choose(photo) {
  state.chosen = photo;
  setFragment({ ...EMPTY, photo: "new" }, inFragment("photo") === null);
  showChosen(photo);
}

/** Show a photo that was not sent yet. @param {Blob} photo */
export function showChosen(photo) {
  leave();
  state.photo = photo;
  panels.showImage("photo-image", URL.createObjectURL(photo));
  showState();
  button("generate-all").focus({ preventScroll: true });
  preload(); // while the photo is looked at and sent
  const decoded = byId("photo-image", HTMLImageElement).decode();
  decoded.catch(() => {}).then(() => panels.reveal("photo")); // a file that is no picture is refused by the server
  announce("The photo is here. Next: make it 3D, or generate the depth map alone.");
}
