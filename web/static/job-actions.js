/** What can be done with a job, each where its links have it: try again, share, keep longer, delete. */

import { getJson, isOwn, keepsCookies, post, send } from "./api.js";
import { announce, byId, button, timeText } from "./dom.js";
import { inFragment } from "./fragment.js";

const COPIED_MS = 2000;
const COUNT_MS = 30_000;
const link = byId("share-link", HTMLInputElement); // to give to others
/** @type {Job} */
let job; // the last that was shown
let due = 0; // when it is deleted, by the visitor's clock, whatever that says
let timer = 0;

/** "23 h 59 min" @param {number} ms */
function durationText(ms) {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60)];
  if (days > 1) return `${days} days`;
  return hours ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
}

/** Say when the job is deleted. */
function showCountdown() {
  if (!job.expires_at) return;
  const when = `in ${durationText(due - Date.now())}, ${timeText(job.expires_at)}`;
  const shared = `Someone shared this face with you. It is gone ${when}`;
  byId("expires").textContent = isOwn(job) ? `Deleted ${when}` : shared;
}

/** Offer what the job's links have. @param {Job} now */
export function showJobActions(now) {
  job = now;
  for (const action of ["retry", "extend", "share", "delete"]) button(`job-${action}`).hidden = !job.links[action];
  button("job-share").hidden ||= Boolean(job.share_url);
  byId("own").hidden = isOwn(job);
  byId("shared").hidden = !job.share_url;
  link.value = linkWithView();
  byId("keep").hidden = !job.expires_at;
  byId("no-cookies").hidden = keepsCookies || !isOwn(job);
  due = Date.now() + 1000 * (job.expires_in_s ?? 0);
  showCountdown();
  clearInterval(timer);
  timer = setInterval(showCountdown, COUNT_MS);
}

/** The link for others, to what is seen just now; empty while the job is not shared. */
function linkWithView() {
  const names = /** @type {const} */ (["view", "look", "marks"]);
  const view = names.flatMap((name) => (inFragment(name) ? [`${name}=${inFragment(name)}`] : []));
  return job.share_url ? [job.share_url, ...(view.length ? [view.join("&")] : [])].join("#") : "";
}

/** Copy the link; where the browser has no clipboard to offer, it is selected. */
async function copyLink() {
  link.value = linkWithView();
  link.select();
  const copied = await navigator.clipboard?.writeText(link.value).then(() => true, () => false);
  announce(copied ? "The link is copied." : "The link is selected: copy it.");
  const copy = button("share-copy");
  copy.textContent = copied ? "Copied" : "Copy";
  setTimeout(() => (copy.textContent = "Copy"), COPIED_MS);
}

/**
 * Do what the buttons say.
 * @param {(error: unknown) => void} fail @param {() => void} deleted @param {(job: Job) => void} changed
 */
export function listenForJobActions(fail, deleted, changed) {
  const actions = {
    retry: async () => changed(await post(job.links.retry)),
    async extend() {
      const kept = await post(job.links.extend);
      changed(kept);
      announce((byId("expires").textContent = `Kept until ${timeText(kept.expires_at)}`));
    },
    async share() {
      await post(job.links.share);
      changed(await getJson(job.links.self));
      await copyLink();
      button("share-copy").focus();
    },
    async unshare() {
      await send(job.links.share, { method: "DELETE" });
      announce("The link is worthless now.");
      changed(await getJson(job.links.self));
      button("job-share").focus();
    },
    async delete() {
      if (!confirm("Delete this photo and everything made from it? This cannot be undone.")) return;
      await send(job.links.delete, { method: "DELETE" });
      announce("Deleted.");
      deleted();
    },
  };
  for (const [action, act] of Object.entries(actions)) {
    button(`job-${action}`).addEventListener("click", () => act().catch(fail));
  }
  button("share-copy").addEventListener("click", copyLink);
}
