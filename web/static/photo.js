// @ts-check
/** Ways to bring photos: the file button, drag and drop, paste. What cannot be one is told at once. */

import { byId } from "./dom.js";

const LIMIT_MB = 20;
const STARTS = [[0xff, 0xd8, 0xff], [0x89, 0x50, 0x4e, 0x47]]; // of JPEG and PNG files
const HEIC = /^ftyp(heic|heix|hevc|heim|heis|mif1|msf1|avif)/;

/** @typedef {{ title: string, detail: string }} Fault */

/** What is wrong with a file, or null; the server looks closer. @param {File} file @returns {Promise<Fault|null>} */
async function faultOf(file) {
  if (!file.size) return { title: "The file is empty", detail: "Choose another photo, JPEG or PNG." };
  if (file.size > LIMIT_MB * 1e6) {
    const size = (file.size / 1e6).toFixed(1);
    return { title: "The photo is too large", detail: `It has ${size} MB; at most ${LIMIT_MB} MB are allowed. Save it smaller and try again.` };
  }
  const start = new Uint8Array(await file.slice(0, 12).arrayBuffer());
  if (STARTS.some((bytes) => bytes.every((byte, k) => start[k] === byte))) return null;
  if (HEIC.test(String.fromCharCode(...start.subarray(4)))) {
    return { title: "This is a HEIC photo", detail: "Save or export it as JPEG and choose that. On an iPhone: Settings, Camera, Formats, Most Compatible." };
  }
  return { title: "This is not a photo", detail: "The file is no JPEG or PNG by its content, whatever its name. Choose a photo, JPEG or PNG." };
}

/** @param {DataTransfer|null} transfer */
const filesIn = (transfer) => [...(transfer?.files ?? [])];

/** @param {(files: File[], faults: { name: string, fault: Fault }[]) => void} chosen files that may be photos, and the others */
export function listenForPhotos(chosen) {
  const offer = async (/** @type {File[]} */ files) => {
    const looked = await Promise.all(files.map(async (file) => ({ file, fault: await faultOf(file) })));
    const good = looked.filter(({ fault }) => !fault).map(({ file }) => file);
    const faults = looked.flatMap(({ file, fault }) => (fault ? [{ name: file.name, fault }] : []));
    if (files.length) chosen(good, faults);
  };
  const input = byId("photo-input");
  input.addEventListener("change", () => {
    offer([...input.files]);
    input.value = ""; // so that the same file may be chosen again
  });
  document.addEventListener("paste", (event) => {
    offer(filesIn(event.clipboardData).filter((file) => file.type.startsWith("image/")));
  });
  listenForDrops(offer);
}

/** @param {(files: File[]) => void} offer */
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
    offer(filesIn(event.dataTransfer));
  });
}
