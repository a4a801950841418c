/** One's own jobs, newest first; hidden where there are none. */

import { BASE, createJob, getJson, hasEnded, keepsCookies, made, Refusal } from "./api.js";
import { aboutText, byId, button, bytesText, errorText, make, percentText, timeText } from "./dom.js";
import { inFragment } from "./fragment.js";
import { chosenSettings } from "./settings.js";

const REFRESH_MS = 2000;
const HIDDEN_REFRESH_MS = 10_000; // while nobody sees the page
const RETRY_MS = 5000;
const BETWEEN_MS = 400; // two downloads, or some browsers lose one
const ORDINALS = new Intl.PluralRules("en", { type: "ordinal" });
const ENDINGS = new Map([["one", "st"], ["two", "nd"], ["few", "rd"]]);

let timer = 0;
/** @type {string|null} */
let more = null; // url of the next page
/** @typedef {ReturnType<typeof newTile>} Tile */
/** @type {Map<string, Tile>} */
const tiles = new Map(); // by the job's id

/** What a person should know of a job that is not done. @param {Job} job */
function stateText(job) {
  const left = job.expected_seconds ? ` · ${aboutText(job.expected_seconds)}` : "";
  if (job.state === "running") return (job.progress ? percentText(job.progress) : "Started") + left;
  if (job.state === "failed") return "Failed";
  if (job.state !== "queued") return "";
  const place = job.queue_position;
  return place ? `${place}${ENDINGS.get(ORDINALS.select(place)) ?? "th"} in line${left}` : "Waiting";
}

/** A link to the job with its thumbnail, and the place for words. @param {Job} job */
function newTile(job) {
  const image = make("img", { src: job.links.thumbnail, alt: "", loading: "lazy", width: 160, height: 160 });
  const state = make("b");
  const words = make("span", { className: "tile-words" }, make("span", {}, timeText(job.created_at)), state);
  const link = make("a", { href: `#job=${job.id}` }, image, words);
  const download = make("button", { type: "button", className: "button quiet tile-download", hidden: true });
  const archive = make("a", { download: `relief-${job.id.slice(0, 8)}.zip` });
  download.addEventListener("click", () => archive.click());
  return { item: make("li", {}, link, download), link, state, download, archive, bytes: 0 };
}

/** The job's tile, with its words as they are now. @param {Job} job */
function tile(job) {
  const known = tiles.get(job.id) ?? newTile(job);
  const { item, link, state } = known;
  tiles.set(job.id, known);
  offerArchive(known, job);
  const words = stateText(job);
  if (state.textContent !== words) state.textContent = words;
  link.ariaLabel = `Photo of ${timeText(job.created_at)}${words && `, ${words}`}`;
  return item;
}

/** Offer all files of a job that has ended as one. @param {Tile} tile @param {Job} job */
function offerArchive(tile, job) {
  const archive = hasEnded(job) && job.results.find(({ name }) => name === document.body.dataset.archive);
  tile.download.hidden = !archive;
  tile.bytes = archive ? archive.bytes : 0;
  if (!archive) return;
  tile.archive.href = archive.url;
  const words = `All files, ${bytesText(archive.bytes)}`;
  tile.download.textContent = words;
  tile.download.ariaLabel = `${words}, of the photo of ${timeText(job.created_at)}`;
}

/** The tiles that are shown and have files to download. */
const ready = () => [...tiles.values()].filter(({ item, download }) => item.isConnected && !download.hidden);

/** Offer the files of all jobs that are shown. */
function offerDownload() {
  const shown = ready();
  const bytes = shown.reduce((sum, tile) => sum + tile.bytes, 0);
  button("gallery-download").hidden = shown.length < 2;
  button("gallery-download").textContent = `Download all ${shown.length}, ${bytesText(bytes)}`;
}

/** Download the files of all jobs that are shown, an archive each. */
async function downloadAll() {
  for (const { archive } of ready()) {
    archive.click();
    await new Promise((done) => setTimeout(done, BETWEEN_MS));
  }
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
  offerDownload();
  markOpenJob();
}

/** The jobs that were made on this page, where the server cannot list one's own. @returns {Promise<JobPage>} */
async function jobsOfPage() {
  const gone = (/** @type {unknown} */ error) => {
    if (error instanceof Refusal && error.status === 404) return null;
    throw error;
  };
  const jobs = await Promise.all(made.map((job) => getJson(job.links.self).catch(gone)));
  return { jobs: jobs.filter(Boolean), next: null };
}

/** Ask for the list, and again while a job in it goes on, or where no answer came. */
export async function refreshGallery() {
  clearTimeout(timer);
  try {
    /** @type {JobPage} */
    const page = keepsCookies ? await getJson(`${BASE}/jobs`) : await jobsOfPage();
    showPage(page, false);
    const pause = document.hidden ? HIDDEN_REFRESH_MS : REFRESH_MS;
    if (!page.jobs.every(hasEnded)) timer = setTimeout(refreshGallery, pause);
  } catch {
    timer = setTimeout(refreshGallery, RETRY_MS); // the job that is shown tells of a lost connection
  }
}

/** Send photos one after another, to have everything made; gives what was refused and why. @param {File[]} photos */
export async function sendAll(photos) {
  const note = byId("sending");
  const refused = [];
  for (const [index, photo] of photos.entries()) {
    const show = (fraction = 0) =>
      (note.textContent = `Sending photo ${index + 1} of ${photos.length}: ${percentText(fraction)}`);
    show();
    note.hidden = false;
    try {
      const fields = { ...chosenSettings("depth"), ...chosenSettings("model") };
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
  button("gallery-download").addEventListener("click", downloadAll);
  addEventListener("online", refreshGallery);
  document.addEventListener("visibilitychange", () => document.hidden || refreshGallery());
}
