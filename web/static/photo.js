// @ts-check
/** Ways to bring a photo: the file button, drag and drop, paste. */

import { byId } from "./dom.js";

const LIMIT_MB = 20;

/** What is wrong with a file, or null; the server looks closer. @param {File} file */
function fault(file) {
  if (!file.size) return { title: "The file is empty", detail: "Choose another photo, JPEG or PNG." };
  if (file.size > LIMIT_MB * 1e6) {
    const size = (file.size / 1e6).toFixed(1);
    return { title: "The photo is too large", detail: `It has ${size} MB; at most ${LIMIT_MB} MB are allowed. Save it smaller and try again.` };
  }
  return null;
}

/** @param {DataTransfer|null} transfer */
const filesIn = (transfer) => [...(transfer?.files ?? [])];

/**
 * @param {(files: File[]) => void} chosen files that may be photos
 * @param {(problem: { title: string, detail: string }) => void} refused
 */
export function listenForPhotos(chosen, refused) {
  const offer = (/** @type {File[]} */ files) => {
    const good = files.filter((file) => {
      const problem = fault(file);
      if (problem) refused(problem);
      return !problem;
    });
    if (good.length) chosen(good);
  };
  const input = byId("photo-input");
  input.addEventListener("change", () => {
    offer([...input.files]);
    input.value = ""; // so that the same file may be chosen again
  });
  document.addEventListener("paste", (event) => {
    const files = filesIn(event.clipboardData).filter((file) => file.type.startsWith("image/"));
    if (files.length) offer(files);
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
