// @ts-check
/** The page: what a person does is heard here, and handed on. */

import { setAddress } from "./address.js";
import { offerCamera } from "./camera.js";
import { cancel, choose, fail, follow, generateDepth, generateModel, open } from "./course.js";
import { byId } from "./dom.js";
import { listenForGallery, refreshGallery, sendAll } from "./gallery.js";
import { listenForJobActions } from "./keep.js";
import { showError } from "./panels.js";
import { listenForPhotos } from "./photo.js";
import { buildSettings } from "./settings.js";

/** One photo goes step by step; several go through both steps by themselves, into the gallery. @param {Blob[]} photos */
function chosen(photos) {
  if (photos.length === 1) choose(photos[0]);
  else sendAll(photos, fail).then(() => byId("gallery").scrollIntoView({ block: "nearest" }));
}

function beginAgain() {
  setAddress({ job: null, view: null, look: null });
  open();
  refreshGallery();
}

document.querySelector(".skip")?.addEventListener("click", (event) => {
  event.preventDefault(); // the part of the address after # is the job's
  byId("main").focus();
});
byId("generate-depth").addEventListener("click", () => generateDepth().then(refreshGallery));
byId("generate-model").addEventListener("click", generateModel);
byId("cancel").addEventListener("click", cancel);
byId("error-close").addEventListener("click", () => showError(null));
addEventListener("popstate", open);
listenForPhotos(chosen, showError);
listenForJobActions(fail, beginAgain, follow);
listenForGallery();
offerCamera((photo) => chosen([photo]), showError);
buildSettings()
  .catch(() => {}) // the server's defaults hold
  .then(open)
  .then(refreshGallery);
