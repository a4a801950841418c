// @ts-check
/** One's own jobs, newest first. Hidden where there are none. */

import { inAddress } from "./address.js";
import { BASE, createJob, getJson } from "./api.js";
import { byId, make } from "./dom.js";
import { chosenSettings } from "./settings.js";
import { hasEnded } from "./watch.js";

/** @typedef {import("./api.js").Job} Job */

const REFRESH_MS = 2000;
const RETRY_MS = 5000;
const ORDINALS = new Intl.PluralRules("en", { type: "ordinal" });
const ENDINGS = { one: "st", two: "nd", few: "rd", other: "th" };
let timer = 0;
/** @type {string|null} */
let more = null; // url of the next page
/** @type {Map<string, HTMLLIElement>} */
const tiles = new Map(); // by the job's id

/** What a person should know of a job that is not done. @param {Job} job */
function stateText(job) {
  const left = job.expected_seconds ? ` · ${Math.ceil(job.expected_seconds)} s` : "";
  if (job.state === "running") return `${Math.round(100 * job.progress)} %${left}`;
  if (job.state === "queued" && job.queue_position) {
    return `${job.queue_position}${ENDINGS[ORDINALS.select(job.queue_position)]} in line${left}`;
  }
  return { queued: "Waiting", failed: "Failed", canceled: "Canceled", succeeded: "" }[String(job.state)] ?? "";
}

/** The time of today, else the day. @param {Date} date */
function dateText(date) {
  const today = date.toDateString() === new Date().toDateString();
  return today
    ? date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })
    : date.toLocaleDateString([], { day: "numeric", month: "short" });
}

/** @param {Job} job */
function newTile(job) {
  const image = make("img", { src: job.links.thumbnail, alt: "", loading: "lazy", width: 160, height: 160 });
  const words = make("span", { className: "tile-words" }, make("span", {}, dateText(new Date(job.created_at))), make("b"));
  return make("li", {}, make("a", { href: `#job=${job.id}` }, image, words));
}

/** The job's tile, with its words as they are now. @param {Job} job */
function tile(job) {
  const item = tiles.get(job.id) ?? newTile(job);
  tiles.set(job.id, item);
  const words = stateText(job);
  const place = /** @type {HTMLElement} */ (item.querySelector("b"));
  if (place.textContent !== words) place.textContent = words;
  const label = `Photo of ${new Date(job.created_at).toLocaleTimeString()}${words && `, ${words}`}`;
  item.querySelector("a")?.setAttribute("aria-label", label);
  return item;
}

/** Say which tile is the job on the page. */
export function markOpenJob() {
  const open = inAddress("job");
  for (const [id, item] of tiles) {
    if (id === open) item.querySelector("a")?.setAttribute("aria-current", "true");
    else item.querySelector("a")?.removeAttribute("aria-current");
  }
}

/** @param {{ jobs: Job[], next: string|null }} page @param {boolean} append */
function showPage(page, append) {
  more = page.next;
  const list = byId("gallery-list");
  const items = page.jobs.filter((job) => job.state !== "canceled").map(tile);
  const unchanged = !append && items.length === list.children.length && items.every((item, k) => list.children[k] === item);
  if (append) list.append(...items);
  else if (!unchanged) list.replaceChildren(...items);
  byId("gallery").hidden = !list.childElementCount;
  byId("gallery-more").hidden = !more;
  markOpenJob();
}

/** Ask for the list, and again while a job in it goes on, or where no answer came. */
export async function refreshGallery() {
  clearTimeout(timer);
  try {
    const page = await getJson(`${BASE}/jobs`);
    showPage(page, false);
    if (!page.jobs.every(hasEnded)) timer = setTimeout(refreshGallery, document.hidden ? 5 * REFRESH_MS : REFRESH_MS);
  } catch {
    timer = setTimeout(refreshGallery, RETRY_MS); // the job that is shown tells of a lost connection
  }
}

/**
 * Send photos one after another, each through both stages.
 * @param {File[]} photos @returns {Promise<{ name: string, why: string }[]>} those that were refused
 */
export async function sendAll(photos) {
  const note = byId("sending");
  const refused = [];
  for (const [index, photo] of photos.entries()) {
    const show = (/** @type {number} */ fraction) =>
      (note.textContent = `Sending photo ${index + 1} of ${photos.length}: ${Math.round(100 * fraction)} %`);
    show(0);
    note.hidden = false;
    try {
      await createJob(photo, { steps: "depth,model", ...chosenSettings("depth"), ...chosenSettings("model") }, show).job;
    } catch (error) {
      refused.push({ name: photo.name, why: error instanceof Error ? error.message : String(error) });
    }
    await refreshGallery();
  }
  note.hidden = true;
  return refused;
}

export function listenForGallery() {
  byId("gallery-more").addEventListener("click", async () => {
    if (more) showPage(await getJson(more), true);
  });
  addEventListener("online", refreshGallery);
  document.addEventListener("visibilitychange", () => document.hidden || refreshGallery());
}
