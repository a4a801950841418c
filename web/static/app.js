// @ts-check
/** The page: what a person does is heard here, and handed on. */

import { setAddress } from "./address.js";
import { offerCamera } from "./camera.js";
import { cancel, choose, fail, follow, generateDepth, generateModel, open, settingsChanged } from "./course.js";
import { byId } from "./dom.js";
import { listenForGallery, refreshGallery, sendAll } from "./gallery.js";
import { listenForJobActions } from "./keep.js";
import { showError } from "./panels.js";
import { listenForPhotos } from "./photo.js";
import { buildSettings } from "./settings.js";

/**
 * One photo goes step by step; several go through both steps by themselves, into the gallery.
 * @param {File[]} photos @param {{ name: string, fault: import("./photo.js").Fault }[]} faults of what cannot be a photo
 */
async function chosen(photos, faults) {
  const all = photos.length + faults.length;
  if (all === 1) return photos.length ? choose(photos[0]) : showError({ ...faults[0].fault, another: true });
  showError(null);
  const sending = sendAll(photos);
  byId("gallery").scrollIntoView({ block: "nearest" });
  const refused = [...faults.map(({ name, fault }) => ({ name, why: fault.detail })), ...(await sending)];
  if (!refused.length) return;
  const title = `${refused.length} of ${all} photos ${refused.length === 1 ? "was" : "were"} not sent`;
  showError({ title, detail: refused.map(({ name, why }) => `${name}: ${why}`).join(" "), another: true });
}

function beginAgain() {
  setAddress({ job: null, photo: null, view: null, look: null });
  open();
  refreshGallery();
  byId("main").focus({ preventScroll: true });
}

document.querySelector(".skip")?.addEventListener("click", (event) => {
  event.preventDefault(); // the part of the address after # is the job's
  byId("main").focus();
});
byId("generate-depth").addEventListener("click", generateDepth);
byId("generate-model").addEventListener("click", generateModel);
byId("cancel").addEventListener("click", cancel);
byId("error-close").addEventListener("click", () => showError(null));
addEventListener("popstate", open);
listenForPhotos(chosen);
listenForJobActions(fail, beginAgain, follow);
listenForGallery();
offerCamera(choose, showError);
buildSettings(settingsChanged)
  .catch(() => {}) // the server's defaults hold
  .then(open)
  .then(refreshGallery);
