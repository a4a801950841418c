// @ts-check
/** Takes the photo with the device's camera. */

import { byId, make } from "./dom.js";

/** @type {MediaStream|null} */
let stream = null;

function stop() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
}

/** The picture that the camera sees now, as it is, not mirrored. @returns {Promise<Blob>} */
function capture() {
  const video = byId("camera-video");
  const canvas = make("canvas", { width: video.videoWidth, height: video.videoHeight });
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The camera gave no picture."))), "image/jpeg", 0.95);
  });
}

/** Why the camera cannot be used, and what to do. @param {unknown} error */
function reason(error) {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError") return "Allow this page to use the camera in the browser's settings, or choose a photo.";
  if (name === "NotFoundError") return "No camera was found. Choose a photo instead.";
  return "The camera cannot be used now; another program may hold it. Choose a photo instead.";
}

/** @param {(problem: { title: string, detail: string }) => void} refused */
async function open(refused) {
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user", width: { ideal: 1920 }, height: { ideal: 1080 } } });
    byId("camera-video").srcObject = stream;
    byId("camera").showModal();
  } catch (error) {
    refused({ title: "The camera cannot be used", detail: reason(error) });
  }
}

/**
 * Offer the camera, where the browser has one to offer.
 * @param {(photo: Blob) => void} chosen @param {(problem: { title: string, detail: string }) => void} refused
 */
export function offerCamera(chosen, refused) {
  if (!navigator.mediaDevices?.getUserMedia) return;
  const dialog = byId("camera");
  for (const button of document.querySelectorAll(".camera-open")) {
    /** @type {HTMLElement} */ (button).hidden = false;
    button.addEventListener("click", () => open(refused));
  }
  byId("camera-cancel").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", stop);
  byId("camera-take").addEventListener("click", async () => {
    const photo = await capture();
    dialog.close();
    chosen(photo);
  });
}
