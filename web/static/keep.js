// @ts-check
/** What can be done with a job that is there: try again, share, keep longer, delete. Each is offered where its links have it. */

import { inAddress } from "./address.js";
import { getJson, post } from "./api.js";
import { announce, byId } from "./dom.js";

/** @typedef {import("./api.js").Job} Job */

const COPIED_MS = 2000;
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

function showCountdown() {
  if (!job?.expires_at) return;
  const time = new Date(job.expires_at);
  const when = `in ${durationText(time.getTime() - Date.now())}, ${timeText(time)}`;
  byId("expires").textContent = isOwn(job) ? `Deleted ${when}` : `Someone shared this face with you. It is gone ${when}`;
}

/** Whether it is the visitor's own, and no other's that was shared. @param {Job} job */
export const isOwn = (job) => "delete" in job.links;

/** Offer what the job's links have. @param {Job} now */
export function showJobActions(now) {
  job = now;
  for (const action of ACTIONS) byId(`job-${action}`).hidden = !job.links[action];
  byId("job-share").hidden ||= Boolean(job.share_url);
  byId("own").hidden = isOwn(job);
  byId("shared").hidden = !job.share_url;
  if (job.share_url) byId("share-link").value = linkWithView(job.share_url);
  byId("keep").hidden = !job.expires_at;
  showCountdown();
  clearInterval(timer);
  if (job.expires_at) timer = setInterval(showCountdown, 30_000);
}

/** No job is shown any more. */
export function forgetJob() {
  job = null;
  byId("keep").hidden = true;
  clearInterval(timer);
}

/** The link, to what is seen just now. @param {string} url */
function linkWithView(url) {
  const seen = ["view", "look"].flatMap((name) => (inAddress(name) ? [`&${name}=${inAddress(name)}`] : []));
  return url + seen.join("");
}

/** The link to the clipboard; where the browser has none to offer, it stands selected. */
async function copyLink() {
  byId("share-link").value = linkWithView(String(job?.share_url));
  byId("share-link").select();
  const copied = await navigator.clipboard?.writeText(byId("share-link").value).then(() => true, () => false);
  announce(copied ? "The link is copied." : "The link is selected: copy it.");
  byId("share-copy").textContent = copied ? "Copied" : "Copy";
  setTimeout(() => (byId("share-copy").textContent = "Copy"), COPIED_MS);
}

/**
 * @param {(error: unknown) => void} fail @param {() => void} deleted @param {(job: Job) => void} changed
 */
export function listenForJobActions(fail, deleted, changed) {
  const on = (/** @type {string} */ action, /** @type {() => Promise<any>} */ act) =>
    byId(`job-${action}`).addEventListener("click", () => act().catch(fail));
  const again = async () => changed(await getJson(String(job?.links.self)));
  on("retry", async () => changed(await post(String(job?.links.retry))));
  on("share", async () => {
    await post(String(job?.links.share));
    await again();
    await copyLink();
    byId("share-copy").focus();
  });
  on("unshare", async () => {
    await post(String(job?.links.share), undefined, "DELETE");
    announce("The link is worthless now.");
    await again();
    byId("job-share").focus();
  });
  byId("share-copy").addEventListener("click", copyLink);
  on("extend", async () => {
    const kept = await post(String(job?.links.extend));
    changed(kept);
    announce(byId("expires").textContent = `Kept until ${timeText(new Date(kept.expires_at))}`);
  });
  on("delete", async () => {
    if (!confirm("Delete this photo and everything made from it? This cannot be undone.")) return;
    await post(String(job?.links.delete), undefined, "DELETE");
    announce("Deleted.");
    deleted();
  });
}
