/** Takes the photo with the device's camera. */

import { byId, button } from "./dom.js";

const WANTED = { video: { facingMode: "user", width: { ideal: 1920 }, height: { ideal: 1080 } } };
const JPEG_QUALITY = 0.95;
const REASONS = new Map([
  ["NotAllowedError", "Allow this page to use the camera in the browser's settings, or choose a photo."],
  ["NotFoundError", "No camera was found. Choose a photo instead."],
]);
const OTHER_REASON = "The camera cannot be used now; another program may hold it. Choose a photo instead.";
const video = byId("camera-video", HTMLVideoElement);
const dialog = byId("camera", HTMLDialogElement);

/** @type {MediaStream|null} */
let stream = null;

/** Switch the camera off. */
function stop() {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** The picture that the camera sees now, as it is, not mirrored. */
function capture() {
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  return canvas.convertToBlob({ type: "image/jpeg", quality: JPEG_QUALITY });
}

/** Show what the camera sees. @param {(why: Problem) => void} refused */
async function open(refused) {
  try {
    stream = await navigator.mediaDevices.getUserMedia(WANTED);
    video.srcObject = stream;
    dialog.showModal();
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    refused({ title: "The camera cannot be used", detail: REASONS.get(name) ?? OTHER_REASON });
  }
}

/** Offer the camera if there is one. @param {(photo: Blob) => void} chosen @param {(why: Problem) => void} refused */
export function offerCamera(chosen, refused) {
  if (!navigator.mediaDevices?.getUserMedia) return;
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
