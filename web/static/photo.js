/** Takes photos from the file button, drag and drop, and paste, and says at once what cannot be one. */

import { byId } from "./dom.js";

const STARTS = [[0xff, 0xd8, 0xff], [0x89, 0x50, 0x4e, 0x47]]; // of JPEG and PNG files
const HEIC = /^ftyp(heic|heix|hevc|heim|heis|mif1|msf1|avif)/;
const EMPTY = { title: "The file is empty", detail: "Choose another photo, JPEG or PNG." };
const APPLE = {
  title: "This is a HEIC photo",
  detail: "Save or export it as JPEG and choose that. On an iPhone: Settings, Camera, Formats, Most Compatible.",
};
const NO_PHOTO = {
  title: "This is not a photo",
  detail: "The file is no JPEG or PNG by its content, whatever its name. Choose a photo, JPEG or PNG.",
};

/** What is wrong with a file, or null; the server looks closer. @param {File} file @returns {Promise<Problem|null>} */
async function faultOf(file) {
  if (!file.size) return EMPTY;
  const most = Number(document.body.dataset.uploadMb);
  if (file.size > most * 1e6) {
    const size = (file.size / 1e6).toFixed(1);
    const detail = `It has ${size} MB; at most ${most} MB are allowed. Save it smaller and try again.`;
    return { title: "The photo is too large", detail };
  }
  const start = new Uint8Array(await file.slice(0, 12).arrayBuffer());
  if (STARTS.some((bytes) => bytes.every((byte, k) => start[k] === byte))) return null;
  return HEIC.test(String.fromCharCode(...start.subarray(4))) ? APPLE : NO_PHOTO;
}

/** Pass on the photos that a person chooses, drops or pastes. @param {(files: Checked[]) => void} chosen */
export function listenForPhotos(chosen) {
  const offer = async (/** @type {Iterable<File>} */ files) => {
    const checked = await Promise.all(Array.from(files, async (file) => ({ file, fault: await faultOf(file) })));
    if (checked.length) chosen(checked);
  };
  const input = byId("photo-input", HTMLInputElement);
  input.addEventListener("change", () => {
    offer(input.files ?? []);
    input.value = ""; // so that the same file may be chosen again
  });
  document.addEventListener("paste", (event) => {
    offer([...(event.clipboardData?.files ?? [])].filter((file) => file.type.startsWith("image/")));
  });
  listenForDrops(offer);
}

/** Take files that are dropped anywhere on the page. @param {(files: Iterable<File>) => void} offer */
function listenForDrops(offer) {
  const target = byId("drop-here");
  let depth = 0; // dragenter and dragleave come for every child
  const hasFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files");
  const show = (/** @type {number} */ change) => {
    depth = Math.max(0, depth + change);
    target.hidden = depth === 0;
  };
  addEventListener("dragenter", (event) => hasFiles(event) && show(1));
  addEventListener("dragleave", (event) => hasFiles(event) && show(-1));
  addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    show(-Infinity);
    offer(event.dataTransfer?.files ?? []);
  });
}
