/** The page: connects what a person does with what is to happen. */

import { offerCamera } from "./camera.js";
import { listenForDepthMaps } from "./depth-map.js";
import { byId, button } from "./dom.js";
import { listenForFaces } from "./faces.js";
import { EMPTY, setFragment } from "./fragment.js";
import { listenForGallery, refreshGallery, sendAll } from "./gallery.js";
import { listenForJobActions } from "./job-actions.js";
import { cancel, chooseFace, fail, follow, generateDepth, generateModel, open } from "./job-controller.js";
import { choose, showState } from "./page-state.js";
import { showError } from "./panels.js";
import { listenForPhotos } from "./photo.js";
import { buildSettings } from "./settings.js";

/** One photo goes step by step; several by themselves through both, into the gallery. @param {Checked[]} files */
async function chosen(files) {
  const [{ file, fault }] = files;
  if (files.length === 1) return fault ? showError(fault, true) : choose(file);
  showError(null);
  const sending = sendAll(files.filter(({ fault }) => !fault).map(({ file }) => file));
  byId("gallery").scrollIntoView({ block: "nearest" });
  const faults = files.flatMap(({ file, fault }) => (fault ? [`${file.name}: ${fault.detail}`] : []));
  const refused = [...faults, ...(await sending)];
  if (!refused.length) return;
  const title = `${refused.length} of ${files.length} photos ${refused.length === 1 ? "was" : "were"} not sent`;
  showError({ title, detail: refused.join(" ") }, true);
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
listenForFaces(chooseFace);
listenForDepthMaps();
listenForJobActions(fail, beginAgain, follow);
listenForGallery();
offerCamera(choose, showError);
buildSettings(showState)
  .catch(() => {}) // the server's defaults hold
  .then(open)
  .then(refreshGallery);
