/** What the page has at the moment: a photo that was chosen, a job, its cloud. */

import { announce, byId, button } from "./dom.js";
import { EMPTY, inFragment, setFragment } from "./fragment.js";
import { forgetJob, isOwn } from "./job-actions.js";
import * as panels from "./panels.js";
import { settingsDiffer } from "./settings.js";
import { hideCloud } from "./view3d.js";

/** @typedef {import("./api.js").Job} Job */

export const state = {
  /** @type {Blob|null} */ photo: null, // to be sent by the first button
  /** @type {Blob|null} */ chosen: null, // the last one: Back and Forward find it again
  /** @type {Job|null} */ job: null,
  cloud: false, // the viewer shows this job's cloud, or soon will
  busy: false,
  stopWatching: () => {},
  stopSending: () => {},
};

/** A file of the job, where it has that. @param {"depthImage"|"cloud"} file */
export const result = (file) => state.job?.results.find(({ name }) => name === document.body.dataset[file]);

/** Show which steps can be taken now; also to be called when someone has chosen another setting. */
export function showState() {
  const { photo, job, cloud, busy } = state;
  const depth = Boolean(result("depthImage"));
  panels.showSteps({
    photo: Boolean(photo || job),
    depth,
    busy,
    own: !job || isOwn(job),
    again: {
      depth: !job || !depth || settingsDiffer("depth", job.settings.depth),
      model: !job || !cloud || settingsDiffer("model", job.settings.model),
    },
  });
}

/** Leave the job that is shown, if any. */
export function leave() {
  state.stopWatching();
  state.stopSending();
  Object.assign(state, { photo: null, job: null, cloud: false, busy: false });
  panels.clear();
  hideCloud();
  forgetJob();
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
  setFragment({ ...EMPTY, photo: "new" }, { step: inFragment("photo") === null });
  showChosen(photo);
}

/** Show a photo that was not sent yet. @param {Blob} photo */
export function showChosen(photo) {
  leave();
  state.photo = photo;
  panels.showImage("photo-image", URL.createObjectURL(photo));
  showState();
  button("generate-depth").focus({ preventScroll: true });
  const decoded = byId("photo-image", HTMLImageElement).decode();
  decoded.catch(() => {}).then(() => panels.reveal("depth")); // a file that is no picture is refused by the server
  announce("The photo is here. Next: generate the depth map.");
}
