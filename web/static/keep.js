// @ts-check
/** What can be done with a finished job: share, keep longer, delete. Each is offered where the job's links have it. */

import { post } from "./api.js";
import { announce, byId } from "./dom.js";

/** @typedef {import("./api.js").Job} Job */

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

function showCountdown() {
  const text = job?.expires_at ? `Deleted in ${durationText(Date.parse(job.expires_at) - Date.now())}` : "";
  byId("expires").textContent = text;
}

/** Offer what the job's links have. @param {Job} now */
export function showJobActions(now) {
  if (now.id !== job?.id) byId("shared").textContent = "";
  job = now;
  for (const action of ["share", "extend", "delete"]) byId(`job-${action}`).hidden = !job.links[action];
  showCountdown();
  clearInterval(timer);
  if (job.expires_at) timer = setInterval(showCountdown, 30_000);
}

/** No job is shown any more. */
export function forgetJob() {
  job = null;
  clearInterval(timer);
}

async function share() {
  const { url } = await post(String(job?.links.share));
  const link = new URL(url, location.href).href;
  byId("shared").textContent = link;
  await navigator.clipboard?.writeText(link).catch(() => {});
  announce("The link is copied. Who has it sees this face.");
}

/**
 * @param {(error: unknown) => void} fail @param {() => void} deleted @param {(job: Job) => void} changed
 */
export function listenForJobActions(fail, deleted, changed) {
  const on = (/** @type {string} */ action, /** @type {() => Promise<any>} */ act) =>
    byId(`job-${action}`).addEventListener("click", () => act().catch(fail));
  on("share", share);
  on("extend", async () => changed(await post(String(job?.links.extend))));
  on("delete", async () => {
    if (!confirm("Delete this photo and everything made from it? This cannot be undone.")) return;
    await post(String(job?.links.delete), undefined, "DELETE");
    announce("Deleted.");
    deleted();
  });
}
