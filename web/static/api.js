/** The job API: every request that the page makes. */

/**
 * A file of a job.
 * @typedef {object} Result
 * @property {string} name @property {string} url @property {number} bytes
 * @property {string} label what it is @property {string} description what it is good for
 * @property {boolean} hidden programs read it, not people
 */

/**
 * A job as the API describes it (see /docs).
 * @typedef {object} Job
 * @property {string} id
 * @property {"queued"|"running"|"succeeded"|"failed"|"canceled"} state
 * @property {"depth"|"model"|"export"} stage
 * @property {number} progress @property {string} message @property {string|null} model
 * @property {string} created_at @property {string|null} finished_at @property {string|null} expires_at
 * @property {Record<string, number|null>} timings
 * @property {{ width: number, height: number }} photo
 * @property {{ depth: Settings, model: Settings }} settings
 * @property {number|null} queue_position @property {number|null} expected_seconds
 * @property {import("./report.js").Report|null} report
 * @property {Result[]} results
 * @property {{ title: string, detail: string }|null} error
 * @property {Record<string, string>} links what can be done with it
 * @property {string|null} share_url where others see it, while it is shared
 */

/** Settings of a stage by name. @typedef {Record<string, string|number|null>} Settings */

/** Some jobs, newest first; next: URL of those behind them. @typedef {{ jobs: Job[], next: string|null }} JobPage */

export const BASE = "/api/v1";

/** The server refused: a title and what to do about it, for a person. */
export class Refusal extends Error {
  /** @param {number} status @param {{ type?: string, title?: string, detail?: string }} problem */
  constructor(status, problem) {
    super(problem.detail || "Please try again in a moment.");
    this.status = status;
    this.type = problem.type ?? "";
    this.title = problem.title || "That did not work";
  }
}

/** The server cannot be reached. */
export class Unreachable extends Error {}

/** Whether a job has ended, in whatever state. @param {Job} job */
export const hasEnded = (job) => job.finished_at !== null;

/** What the server's answer says. @param {number} status @param {string} text @returns {Refusal} */
function refusal(status, text) {
  try {
    return new Refusal(status, JSON.parse(text));
  } catch {
    return new Refusal(status, { title: `The server answered ${status}` });
  }
}

/** The answer to a request. @param {string} url @param {RequestInit} [init] @throws {Refusal|Unreachable} */
async function send(url, init) {
  let response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Unreachable("The server cannot be reached. Check your connection and try again.");
  }
  if (!response.ok && response.status !== 304) throw refusal(response.status, await response.text());
  return response;
}

/** What a URL has as JSON. @param {string} url @returns {Promise<any>} */
export const getJson = async (url) => (await send(url)).json();

/** What a URL has. @param {string} url */
export const getBytes = async (url) => (await send(url)).arrayBuffer();

/** What a URL has as a Blob. @param {string} url */
export const getBlob = async (url) => (await send(url)).blob();

/**
 * Send JSON, or nothing.
 * @param {string} url @param {object} [body] @param {string} [method] @returns {Promise<any>} null: no content
 */
export async function post(url, body, method = "POST") {
  const headers = { "Content-Type": "application/json" };
  const response = await send(url, { method, ...(body && { headers, body: JSON.stringify(body) }) });
  return response.status === 204 ? null : response.json();
}

/** Where the API has a job. @param {string} id */
export const jobUrl = (id) => `${BASE}/jobs/${encodeURIComponent(id)}`;

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
      if (request.status < 300) resolve(JSON.parse(request.responseText));
      else reject(refusal(request.status, request.responseText));
    };
    const lost = "The photo could not be sent. Check your connection and try again.";
    request.onerror = () => reject(new Unreachable(lost));
    request.onabort = () => reject(new DOMException("aborted", "AbortError"));
  });
  request.open("POST", `${BASE}/jobs`);
  request.setRequestHeader("Accept", "application/json, application/problem+json");
  request.send(form);
  return { job, abort: () => request.abort() };
}
