/** The job API: every request that the page makes. */

export const BASE = "/api/v1";

/** The server refused: a title and what to do about it, for a person. */
export class Refusal extends Error {
  /** @param {number} status @param {{ type?: string, title?: string, detail?: string }|null} problem what it says */
  constructor(status, problem) {
    super(problem?.detail || "Please try again in a moment.");
    this.status = status;
    this.type = problem?.type ?? "";
    this.title = problem?.title || `The server answered ${status}`;
  }
}

/** The server cannot be reached. */
export class Unreachable extends Error {}

/** Whether a job has ended, in whatever state. @param {Job} job */
export const hasEnded = (job) => job.finished_at !== null;

/** Whether its 3D model is there, while what follows is made. @param {Job} job */
export const hasModel = (job) => job.stage === "head" || job.stage === "export";

/** Whether it is the visitor's own, and no other's that was shared. @param {Job} job */
export const isOwn = (job) => "delete" in job.links;

const CHECK = "relief-check=1";
document.cookie = `${CHECK}; SameSite=Lax`;
/** Whether this browser keeps cookies for the page; the server tells its visitors apart by them. */
export const keepsCookies = document.cookie.includes(CHECK);
document.cookie = `${CHECK}; SameSite=Lax; Max-Age=0`;

/** Jobs that this page made. @type {Job[]} */
export const made = [];

/** Where the API has a job. @param {string} id */
export const jobUrl = (id) => `${BASE}/jobs/${encodeURIComponent(id)}`;

/** The answer to a request. @param {string} url @param {RequestInit} [init] @throws {Refusal|Unreachable} */
export async function send(url, init) {
  let response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Unreachable("The server cannot be reached. Check your connection and try again.");
  }
  if (response.ok || response.status === 304) return response;
  throw new Refusal(response.status, await response.json().catch(() => null));
}

/** What a URL has as JSON. @param {string} url @returns {Promise<any>} */
export const getJson = async (url) => (await send(url)).json();

/** What a URL has as a Blob. @param {string} url */
export const getBlob = async (url) => (await send(url)).blob();

/** Send JSON, or nothing, and give the JSON of the answer. @param {string} url @param {object} [body] */
export async function post(url, body) {
  const headers = { "Content-Type": "application/json" };
  return (await send(url, { method: "POST", ...(body && { headers, body: JSON.stringify(body) }) })).json();
}

/**
 * How the job stands, or null where nothing changed since the tag.
 * @param {string} url @param {string|null} tag @param {number} wait seconds that the server may wait for a change
 * @param {AbortSignal} signal
 * @returns {Promise<{ job: Job|null, tag: string|null }>}
 */
export async function jobSince(url, tag, wait, signal) {
  const headers = tag ? { "If-None-Match": tag } : undefined;
  const response = await send(tag && wait ? `${url}?wait=${wait}` : url, { headers, cache: "no-store", signal });
  if (response.status === 304) return { job: null, tag };
  return { job: await response.json(), tag: response.headers.get("ETag") };
}

/**
 * Send a photo. XMLHttpRequest, since fetch tells nothing of the progress of an upload.
 * @param {Blob} photo @param {Settings} fields @param {(fraction: number) => void} onProgress
 * @returns {{ job: Promise<Job>, abort: () => void }}
 */
export function createJob(photo, fields, onProgress) {
  const form = new FormData();
  form.append("photo", photo, "photo");
  for (const [name, value] of Object.entries(fields)) {
    if (value !== null && value !== "") form.append(name, String(value));
  }
  const request = new XMLHttpRequest();
  const job = new Promise((resolve, reject) => {
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onload = () => {
      if (request.status >= 300) return reject(new Refusal(request.status, request.response));
      made.unshift(request.response);
      resolve(request.response);
    };
    const lost = "The photo could not be sent. Check your connection and try again.";
    request.onerror = () => reject(new Unreachable(lost));
    request.onabort = () => reject(new DOMException("aborted", "AbortError"));
  });
  request.open("POST", `${BASE}/jobs`);
  request.setRequestHeader("Accept", "application/json, application/problem+json");
  if (!keepsCookies) request.setRequestHeader("Relief-Cookies", "none"); // the job's address then holds a key to it
  request.responseType = "json";
  request.send(form);
  return { job, abort: () => request.abort() };
}
