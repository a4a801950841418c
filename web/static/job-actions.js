/** What can be done with a job, each where its links have it: try again, share, keep longer, delete. */

import { getJson, post } from "./api.js";
import { announce, byId, button } from "./dom.js";
import { inFragment } from "./fragment.js";

/** @typedef {import("./api.js").Job} Job */

const COPIED_MS = 2000;
const COUNT_MS = 30_000;
const ACTIONS = ["retry", "extend", "share", "delete"];
/** @type {Job|null} */
let job = null;
let timer = 0;

/** "23 h 59 min" @param {number} ms */
function durationText(ms) {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60)];
  if (days > 1) return `${days} days`;
  return hours ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
}

/** "Wed 13:15" @param {Date} time */
const timeText = (time) => time.toLocaleString([], { weekday: "short", hour: "2-digit", minute: "2-digit" });

/** Say when the job is deleted. */
function showCountdown() {
  if (!job?.expires_at) return;
  const time = new Date(job.expires_at);
  const when = `in ${durationText(time.getTime() - Date.now())}, ${timeText(time)}`;
  const shared = `Someone shared this face with you. It is gone ${when}`;
  byId("expires").textContent = isOwn(job) ? `Deleted ${when}` : shared;
}

/** Whether it is the visitor's own, and no other's that was shared. @param {Job} job */
export const isOwn = (job) => "delete" in job.links;

/** Offer what the job's links have. @param {Job} now */
export function showJobActions(now) {
  job = now;
  for (const action of ACTIONS) button(`job-${action}`).hidden = !job.links[action];
  button("job-share").hidden ||= Boolean(job.share_url);
  byId("own").hidden = isOwn(job);
  byId("shared").hidden = !job.share_url;
  if (job.share_url) linkInput().value = linkWithView(job.share_url);
  byId("keep").hidden = !job.expires_at;
  showCountdown();
  clearInterval(timer);
  if (job.expires_at) timer = setInterval(showCountdown, COUNT_MS);
}

/** No job is shown any more. */
export function forgetJob() {
  job = null;
  byId("keep").hidden = true;
  clearInterval(timer);
}

/** Where the link for others is shown. */
const linkInput = () => byId("share-link", HTMLInputElement);

/** The link, to what is seen just now. @param {string} url */
function linkWithView(url) {
  const names = /** @type {const} */ (["view", "look"]);
  return url + names.flatMap((name) => (inFragment(name) ? [`&${name}=${inFragment(name)}`] : [])).join("");
}

/** Copy the link; where the browser has no clipboard to offer, it is selected. */
async function copyLink() {
  const input = linkInput();
  input.value = linkWithView(String(job?.share_url));
  input.select();
  const copied = await navigator.clipboard?.writeText(input.value).then(() => true, () => false);
  announce(copied ? "The link is copied." : "The link is selected: copy it.");
  const copy = button("share-copy");
  copy.textContent = copied ? "Copied" : "Copy";
  setTimeout(() => (copy.textContent = "Copy"), COPIED_MS);
}

/** Share, and stop it. @param {(job: Job) => void} changed */
function sharing(changed) {
  const again = async () => changed(await getJson(String(job?.links.self)));
  return {
    async share() {
      await post(String(job?.links.share));
      await again();
      await copyLink();
      button("share-copy").focus();
    },
    async unshare() {
      await post(String(job?.links.share), undefined, "DELETE");
      announce("The link is worthless now.");
      await again();
      button("job-share").focus();
    },
  };
}

/**
 * Do what the buttons say.
 * @param {(error: unknown) => void} fail @param {() => void} deleted @param {(job: Job) => void} changed
 */
export function listenForJobActions(fail, deleted, changed) {
  const actions = {
    ...sharing(changed),
    async retry() {
      changed(await post(String(job?.links.retry)));
    },
    async extend() {
      const kept = await post(String(job?.links.extend));
      changed(kept);
      announce((byId("expires").textContent = `Kept until ${timeText(new Date(kept.expires_at))}`));
    },
    async delete() {
      if (!confirm("Delete this photo and everything made from it? This cannot be undone.")) return;
      await post(String(job?.links.delete), undefined, "DELETE");
      announce("Deleted.");
      deleted();
    },
  };
  for (const [action, act] of Object.entries(actions)) {
    button(`job-${action}`).addEventListener("click", () => act().catch(fail));
  }
  button("share-copy").addEventListener("click", copyLink);
}
