/** Takes photos from the file button, drag and drop, and paste, and says at once what cannot be one. */

import { byId } from "./dom.js";

const STARTS = /** @type {[RegExp, string][]} */ ([ // of files, each byte one character
  [/^(\xff\xd8\xff|\x89PNG)/, "photo"],
  [/^.{4}ftyp(hei[cxms]|hev|mif1|msf1)/s, "a HEIC photo"],
  [/^.{4}ftypavi/s, "an AVIF picture"],
  [/^.{4}ftyp|^\x1a\x45\xdf\xa3/s, "a video"],
  [/^RIFF.{4}WEBP/s, "a WebP picture"],
  [/^GIF8/, "a GIF picture"],
  [/^(II\*\0|MM\0\*)/, "a TIFF or raw photo"],
  [/^BM/, "a BMP picture"],
  [/^%PDF/, "a PDF document"],
]);
const START_BYTES = 12;
const EMPTY = { title: "The file is empty", detail: "It has 0 bytes. Choose another photo, JPEG or PNG." };
const UNREADABLE = {
  title: "The file cannot be read",
  detail: "It may be a folder, or it was moved or deleted. Choose a photo, JPEG or PNG.",
};
const NO_PHOTO = {
  title: "This is not a photo",
  detail: "The file is no JPEG or PNG by its content, whatever its name. Choose a photo, JPEG or PNG.",
};
const ON_AN_IPHONE = " On an iPhone: Settings, Camera, Formats, Most Compatible.";

/** What a file is by its first bytes, or nothing that is known. @param {File} file */
async function kindOf(file) {
  const start = String.fromCharCode(...new Uint8Array(await file.slice(0, START_BYTES).arrayBuffer()));
  return STARTS.find(([pattern]) => pattern.test(start))?.[1];
}

/** What is wrong with a file, or null; the server looks closer. @param {File} file @returns {Promise<Problem|null>} */
async function faultOf(file) {
  const kind = await kindOf(file).catch(() => "unreadable");
  if (kind === "unreadable") return UNREADABLE;
  if (!file.size) return EMPTY;
  const most = Number(document.body.dataset.uploadMb);
  if (file.size > most * 1e6) {
    const size = (file.size / 1e6).toFixed(1);
    const detail = `It has ${size} MB; at most ${most} MB are allowed. Save it smaller and try again.`;
    return { title: "The photo is too large", detail };
  }
  if (!kind) return NO_PHOTO;
  if (kind === "photo") return null;
  const detail = `Save or export it as JPEG and choose that; ${kind} cannot be read.`;
  return { title: `This is ${kind}`, detail: detail + (kind.includes("HEIC") ? ON_AN_IPHONE : "") };
}

/** Files of the same bytes as another one before them. @param {File[]} files */
export async function repeated(files) {
  /** @type {Map<number, File[]>} */
  const bySize = new Map();
  const found = [];
  for (const file of files) {
    const others = bySize.get(file.size) ?? [];
    if (others.length && (await isAmong(file, others))) found.push(file);
    else bySize.set(file.size, [...others, file]);
  }
  return found;
}

/** Whether one of the files, of the same size, has the same bytes. @param {File} file @param {File[]} others */
async function isAmong(file, others) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  for (const other of others) {
    const its = new Uint8Array(await other.arrayBuffer());
    if (bytes.every((byte, at) => byte === its[at])) return true;
  }
  return false;
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
