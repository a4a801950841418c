/** The page: connects what a person does with what is to happen. */

import { offerCamera } from "./camera.js";
import { byId, button } from "./dom.js";
import { EMPTY, setFragment } from "./fragment.js";
import { listenForGallery, refreshGallery, sendAll } from "./gallery.js";
import { listenForJobActions } from "./job-actions.js";
import { cancel, fail, follow, generateDepth, generateModel, open } from "./job-controller.js";
import { choose, showState } from "./page-state.js";
import { showError } from "./panels.js";
import { listenForPhotos } from "./photo.js";
import { buildSettings } from "./settings.js";

/**
 * One photo goes step by step; several go through both steps by themselves, into the gallery.
 * @param {File[]} photos @param {{ name: string, fault: Problem }[]} faults files that cannot be photos
 */
async function chosen(photos, faults) {
  const all = photos.length + faults.length;
  if (all === 1) return photos.length ? choose(photos[0]) : showError(faults[0].fault, true);
  showError(null);
  const sending = sendAll(photos);
  byId("gallery").scrollIntoView({ block: "nearest" });
  const refused = [...faults.map(({ name, fault }) => ({ name, why: fault.detail })), ...(await sending)];
  if (!refused.length) return;
  const title = `${refused.length} of ${all} photos ${refused.length === 1 ? "was" : "were"} not sent`;
  showError({ title, detail: refused.map(({ name, why }) => `${name}: ${why}`).join(" ") }, true);
}

/** Go back to the beginning, after a job was deleted. */
function beginAgain() {
  setFragment(EMPTY);
  open();
  refreshGallery();
  byId("main").focus({ preventScroll: true });
}

document.querySelector(".skip")?.addEventListener("click", (event) => {
  event.preventDefault(); // the part of the URL behind # is the job's
  byId("main").focus();
});
button("generate-depth").addEventListener("click", generateDepth);
button("generate-model").addEventListener("click", generateModel);
button("cancel").addEventListener("click", cancel);
button("error-close").addEventListener("click", () => showError(null));
addEventListener("popstate", open);
listenForPhotos(chosen);
listenForJobActions(fail, beginAgain, follow);
listenForGallery();
offerCamera(choose, showError);
buildSettings(showState)
  .catch(() => {}) // the server's defaults hold
  .then(open)
  .then(refreshGallery);
