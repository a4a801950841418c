// @ts-check
/** One's own jobs, newest first. Hidden where there are none, or where the server does not list them. */

import { allowed, BASE, createJob, getJson } from "./api.js";
import { byId, make } from "./dom.js";
import { chosenSettings } from "./settings.js";
import { hasEnded } from "./watch.js";

/** @typedef {import("./api.js").Job} Job */

const REFRESH_MS = 2000;
let timer = 0;
/** @type {string|null} */
let more = null; // url of the next page
/** @type {boolean|undefined} */
let listed; // whether this server lists jobs at all

/** What a person should know of a job that has no picture to show. @param {Job} job */
function stateText(job) {
  if (job.state === "running") return `${Math.round(100 * job.progress)} %`;
  return { queued: "Waiting", failed: "Failed", canceled: "Canceled", succeeded: "" }[job.state];
}

/** The time of today, else the day. @param {Date} date */
function dateText(date) {
  const today = date.toDateString() === new Date().toDateString();
  return today
    ? date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })
    : date.toLocaleDateString([], { day: "numeric", month: "short" });
}

/** @param {Job} job */
function tile(job) {
  // The depth map is small; the photo may have many megabytes.
  const depth = job.results.find((file) => file.name === "depth.png");
  const url = job.links.thumbnail ?? depth?.url ?? job.links.photo;
  const made = dateText(new Date(job.created_at));
  const image = make("img", { src: url, alt: "", loading: "lazy", width: 160, height: 160 });
  const words = make("span", { className: "tile-words" }, make("span", {}, made), make("b", {}, stateText(job)));
  return make("li", {}, make("a", { href: `#job=${job.id}`, ariaLabel: `Photo of ${made}. ${stateText(job)}` }, image, words));
}

/** @param {{ jobs: Job[], next?: string|null, links?: Record<string, string> }} page @param {boolean} append */
function showPage(page, append) {
  more = page.next ?? page.links?.next ?? null;
  const tiles = page.jobs.filter((job) => job.state !== "canceled").map(tile);
  const list = byId("gallery-list");
  if (append) list.append(...tiles);
  else list.replaceChildren(...tiles);
  byId("gallery").hidden = !list.childElementCount;
  byId("gallery-more").hidden = !more;
}

/** Ask for the list, and again while a job in it runs. */
export async function refreshGallery() {
  clearTimeout(timer);
  try {
    listed ??= (await allowed(`${BASE}/jobs`)).includes("GET");
    if (!listed) return;
    const page = await getJson(`${BASE}/jobs`);
    showPage(page, false);
    if (!page.jobs.every(hasEnded)) timer = setTimeout(refreshGallery, document.hidden ? 5 * REFRESH_MS : REFRESH_MS);
  } catch {
    // No list, or no network: the job that is shown goes on without it.
  }
}

/** Send photos one after another, each through both stages. @param {Blob[]} photos @param {(error: unknown) => void} fail */
export async function sendAll(photos, fail) {
  const note = byId("sending");
  for (const [index, photo] of photos.entries()) {
    const show = (/** @type {number} */ fraction) =>
      (note.textContent = `Sending photo ${index + 1} of ${photos.length}: ${Math.round(100 * fraction)} %`);
    show(0);
    note.hidden = false;
    try {
      await createJob(photo, { steps: "depth,model", ...chosenSettings("depth"), ...chosenSettings("model") }, show).job;
    } catch (error) {
      fail(error);
    }
    await refreshGallery();
  }
  note.hidden = true;
}

export function listenForGallery() {
  byId("gallery-more").addEventListener("click", async () => {
    if (more) showPage(await getJson(more), true);
  });
}
