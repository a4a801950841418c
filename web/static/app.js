/** The page: connects what a person does with what is to happen. */

import { offerCamera } from "./camera.js";
import { listenForDepthMaps } from "./depth-map.js";
import { byId, button } from "./dom.js";
import { listenForFaces } from "./faces.js";
import { EMPTY, setFragment } from "./fragment.js";
import { listenForGallery, refreshGallery, sendAll } from "./gallery.js";
import { listenForJobActions } from "./job-actions.js";
import { cancel, chooseFace, fail, follow, generateAll, generateDepth, generateModel, open } from "./job-controller.js";
import { choose, showState } from "./page-state.js";
import { showError } from "./panels.js";
import { listenForPhotos, repeated } from "./photo.js";
import { buildSettings } from "./settings.js";

/** One photo is shown, to be sent by a button; several are sent at once, into the gallery. @param {Checked[]} files */
async function chosen(files) {
  const [{ file, fault }] = files;
  if (files.length === 1) return fault ? showError(fault, true) : choose(file);
  showError(null);
  const photos = files.filter(({ fault }) => !fault).map(({ file }) => file);
  const sending = sendAll(photos);
  byId("gallery").scrollIntoView({ block: "nearest" });
  const faults = files.flatMap(({ file, fault }) => (fault ? [`${file.name}: ${fault.detail}`] : []));
  const twice = (await repeated(photos)).map(({ name }) => `${name} is the same photo as another one; each was sent.`);
  tellOfSome([...faults, ...(await sending)], twice, files.length);
}

/**
 * Say which of several photos were not sent, and which were sent twice.
 * @param {string[]} refused @param {string[]} twice @param {number} count of all photos
 */
function tellOfSome(refused, twice, count) {
  if (!refused.length && !twice.length) return;
  const were = refused.length === 1 ? "was" : "were";
  const title = refused.length ? `${refused.length} of ${count} photos ${were} not sent` : "The same photo twice";
  showError({ title, detail: [...refused, ...twice].join("\n") }, refused.length > 0);
}

/** Go back to the beginning, after a job was deleted. */
function beginAgain() {
  setFragment(EMPTY);
  open();
  refreshGallery();
  byId("main").focus({ preventScroll: true });
}

byId("no-scripts").remove();
document.querySelector(".skip")?.addEventListener("click", (event) => {
  event.preventDefault(); // the part of the URL behind # is the job's
  byId("main").focus();
});
button("generate-all").addEventListener("click", generateAll);
button("generate-depth").addEventListener("click", generateDepth);
button("generate-model").addEventListener("click", generateModel);
button("cancel").addEventListener("click", cancel);
button("error-close").addEventListener("click", () => showError(null));
addEventListener("popstate", open);
listenForPhotos(chosen);
listenForFaces(chooseFace);
listenForDepthMaps();
listenForJobActions(fail, beginAgain, follow);
listenForGallery();
offerCamera(choose, showError);
buildSettings(showState)
  .catch(() => {}) // the server's defaults hold
  .then(open)
  .then(refreshGallery);
