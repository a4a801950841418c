/** Takes the photo with the device's camera. */

import { byId, button, make } from "./dom.js";

/** @typedef {(problem: { title: string, detail: string }) => void} Refused */

const WANTED = { video: { facingMode: "user", width: { ideal: 1920 }, height: { ideal: 1080 } } };
const JPEG_QUALITY = 0.95;

/** @type {MediaStream|null} */
let stream = null;

/** Switch the camera off. */
function stop() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
}

/** The picture that the camera sees now, as it is, not mirrored. @returns {Promise<Blob>} */
function capture() {
  const video = byId("camera-video", HTMLVideoElement);
  const canvas = make("canvas", { width: video.videoWidth, height: video.videoHeight });
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  return new Promise((resolve, reject) => {
    const made = (/** @type {Blob|null} */ blob) =>
      blob ? resolve(blob) : reject(new Error("The camera gave no picture."));
    canvas.toBlob(made, "image/jpeg", JPEG_QUALITY);
  });
}

/** Why the camera cannot be used, and what to do. @param {unknown} error */
function reason(error) {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError") {
    return "Allow this page to use the camera in the browser's settings, or choose a photo.";
  }
  if (name === "NotFoundError") return "No camera was found. Choose a photo instead.";
  return "The camera cannot be used now; another program may hold it. Choose a photo instead.";
}

/** Show what the camera sees. @param {Refused} refused */
async function open(refused) {
  try {
    stream = await navigator.mediaDevices.getUserMedia(WANTED);
    byId("camera-video", HTMLVideoElement).srcObject = stream;
    byId("camera", HTMLDialogElement).showModal();
  } catch (error) {
    refused({ title: "The camera cannot be used", detail: reason(error) });
  }
}

/** Offer the camera, where the browser has one. @param {(photo: Blob) => void} chosen @param {Refused} refused */
export function offerCamera(chosen, refused) {
  if (!navigator.mediaDevices?.getUserMedia) return;
  const dialog = byId("camera", HTMLDialogElement);
  for (const opener of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".camera-open"))) {
    opener.hidden = false;
    opener.addEventListener("click", () => open(refused));
  }
  button("camera-cancel").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", stop);
  button("camera-take").addEventListener("click", async () => {
    const photo = await capture();
    dialog.close();
    chosen(photo);
  });
}
