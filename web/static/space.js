/** "View in space": hands a 3D model to the device's own viewer, which shows it in the room by the camera. */

import { getJson, jobUrl } from "./api.js";
import { byId, make } from "./dom.js";
import { showError } from "./panels.js";

const LABEL = "View in space";
const TITLE = "A face in 3D";
const PACKAGE = "com.google.android.googlequicksearchbox"; // Google's app has the Scene Viewer
const files = JSON.parse(document.body.dataset.space || "{}"); // by viewer, the best first

/** The viewer that this device has: Quick Look of Apple's, or Scene Viewer of Android's; "" where it has none. */
function viewerHere() {
  if (document.createElement("a").relList.supports("ar")) return "quick_look";
  const android = /Android/.test(navigator.userAgent) && !/Firefox|OculusBrowser/.test(navigator.userAgent);
  return android && location.protocol === "https:" ? "scene_viewer" : ""; // it loads nothing without TLS
}

/** Offer to view a job's 3D model in space, where device and job can. @param {Job} job */
export function showSpace(job) {
  const viewer = viewerHere();
  const names = viewer ? files[viewer] : [];
  const file = names.map((/** @type {string} */ name) => job.results.find((each) => each.name === name)).find(Boolean);
  const place = byId("space");
  if (place.dataset.url === file?.url) return; // it is shown already
  place.hidden = !file;
  place.dataset.url = file?.url;
  place.replaceChildren();
  if (!file) return;
  const image = make("img", { src: document.body.dataset.spaceImage ?? "", alt: LABEL }); // Quick Look needs one
  const link = make("a", { href: file.url, rel: "ar", className: "button" }, image);
  if (viewer === "scene_viewer") {
    link.rel = "nofollow";
    link.addEventListener("click", (event) => {
      event.preventDefault();
      openSceneViewer(`${jobUrl(job.id)}/results/${file.name}/link`).catch((error) => {
        showError({ title: "The 3D model could not be opened", detail: error.message });
      });
    });
  }
  place.append(link);
}

/** Open Google's viewer, which has no cookies of ours: it gets a link to that one file. @param {string} url */
async function openSceneViewer(url) {
  const query = new URLSearchParams({ file: (await getJson(url)).url, mode: "ar_preferred", title: TITLE });
  const parts = ["Intent", "scheme=https", `package=${PACKAGE}`, "action=android.intent.action.VIEW"];
  parts.push(`S.browser_fallback_url=${encodeURIComponent(location.href)}`, "end;");
  location.assign(`intent://arvr.google.com/scene-viewer/1.0?${query}#${parts.join(";")}`);
}
