/** One's own jobs, newest first; hidden where there are none. */

import { BASE, createJob, getJson, hasEnded } from "./api.js";
import { byId, button, errorText, make, percentText } from "./dom.js";
import { inFragment } from "./fragment.js";
import { chosenSettings } from "./settings.js";

const REFRESH_MS = 2000;
const HIDDEN_REFRESH_MS = 10_000; // while nobody sees the page
const RETRY_MS = 5000;
const ORDINALS = new Intl.PluralRules("en", { type: "ordinal" });
const ENDINGS = new Map([["one", "st"], ["two", "nd"], ["few", "rd"]]);

let timer = 0;
/** @type {string|null} */
let more = null; // url of the next page
/** @type {Map<string, ReturnType<typeof newTile>>} */
const tiles = new Map(); // by the job's id

/** What a person should know of a job that is not done. @param {Job} job */
function stateText(job) {
  const left = job.expected_seconds ? ` · ${Math.ceil(job.expected_seconds)} s` : "";
  if (job.state === "running") return percentText(job.progress) + left;
  if (job.state === "failed") return "Failed";
  if (job.state !== "queued") return "";
  const place = job.queue_position;
  return place ? `${place}${ENDINGS.get(ORDINALS.select(place)) ?? "th"} in line${left}` : "Waiting";
}

/** The time of today, else the day. @param {Date} date */
function dateText(date) {
  const today = date.toDateString() === new Date().toDateString();
  return today
    ? date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })
    : date.toLocaleDateString([], { day: "numeric", month: "short" });
}

/** A link to the job with its thumbnail, and the place for words. @param {Job} job */
function newTile(job) {
  const image = make("img", { src: job.links.thumbnail, alt: "", loading: "lazy", width: 160, height: 160 });
  const state = make("b");
  const words = make("span", { className: "tile-words" }, make("span", {}, dateText(new Date(job.created_at))), state);
  const link = make("a", { href: `#job=${job.id}` }, image, words);
  return { item: make("li", {}, link), link, state };
}

/** The job's tile, with its words as they are now. @param {Job} job */
function tile(job) {
  const { item, link, state } = tiles.get(job.id) ?? newTile(job);
  tiles.set(job.id, { item, link, state });
  const words = stateText(job);
  if (state.textContent !== words) state.textContent = words;
  link.ariaLabel = `Photo of ${new Date(job.created_at).toLocaleTimeString()}${words && `, ${words}`}`;
  return item;
}

/** Say which tile is the job on the page. */
export function markOpenJob() {
  const open = inFragment("job");
  for (const [id, { link }] of tiles) link.ariaCurrent = id === open ? "true" : null;
}

/** Show some jobs. @param {JobPage} page @param {boolean} append behind those that are there */
function showPage(page, append) {
  more = page.next;
  const list = byId("gallery-list");
  const items = page.jobs.filter((job) => job.state !== "canceled").map(tile);
  const same = items.length === list.children.length && items.every((item, k) => list.children[k] === item);
  if (append) list.append(...items);
  else if (!same) list.replaceChildren(...items);
  byId("gallery").hidden = !list.childElementCount;
  button("gallery-more").hidden = !more;
  markOpenJob();
}

/** Ask for the list, and again while a job in it goes on, or where no answer came. */
export async function refreshGallery() {
  clearTimeout(timer);
  try {
    /** @type {JobPage} */
    const page = await getJson(`${BASE}/jobs`);
    showPage(page, false);
    const pause = document.hidden ? HIDDEN_REFRESH_MS : REFRESH_MS;
    if (!page.jobs.every(hasEnded)) timer = setTimeout(refreshGallery, pause);
  } catch {
    timer = setTimeout(refreshGallery, RETRY_MS); // the job that is shown tells of a lost connection
  }
}

/** Send photos one after another, each up to its whole head; gives what was refused and why. @param {File[]} photos */
export async function sendAll(photos) {
  const note = byId("sending");
  const refused = [];
  for (const [index, photo] of photos.entries()) {
    const show = (fraction = 0) =>
      (note.textContent = `Sending photo ${index + 1} of ${photos.length}: ${percentText(fraction)}`);
    show();
    note.hidden = false;
    try {
      const fields = { steps: "depth,model,head", ...chosenSettings("depth"), ...chosenSettings("model") };
      await createJob(photo, fields, show).job;
    } catch (error) {
      refused.push(`${photo.name}: ${errorText(error)}`);
    }
    await refreshGallery();
  }
  note.hidden = true;
  return refused;
}

/** Show more on demand, and refresh when the page is seen or online again. */
export function listenForGallery() {
  button("gallery-more").addEventListener("click", async () => {
    if (more) showPage(await getJson(more), true);
  });
  addEventListener("online", refreshGallery);
  document.addEventListener("visibilitychange", () => document.hidden || refreshGallery());
}
