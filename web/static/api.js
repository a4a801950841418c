// @ts-check
/** The job API: every request that the page makes. */

/** @typedef {{ name: string, url: string, bytes: number, stage: "depth"|"model" }} Result */
/**
 * @typedef {object} Job
 * @property {string} id
 * @property {"queued"|"running"|"succeeded"|"failed"|"canceled"} state
 * @property {"depth"|"model"} stage
 * @property {number} progress @property {string} message @property {string|null} model
 * @property {string} created_at @property {string|null} finished_at
 * @property {Record<string, number|null>} timings
 * @property {{ width: number, height: number }} photo
 * @property {{ depth: Record<string, any>, model: Record<string, any> }} settings
 * @property {number|null} queue_position @property {number|null} expected_seconds
 * @property {Record<string, any>|null} report
 * @property {Result[]} results
 * @property {{ title: string, detail: string }|null} error
 * @property {Record<string, string>} links
 * @property {string} [expires_at]
 * @property {string|null} share_url where others see it, while it is shared
 */

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

/** @param {number} status @param {string} text @returns {Refusal} */
function refusal(status, text) {
  try {
    return new Refusal(status, JSON.parse(text));
  } catch {
    return new Refusal(status, { title: `The server answered ${status}` });
  }
}

/** @param {string} url @param {RequestInit} [init] @returns {Promise<Response>} */
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

/** @param {string} url @returns {Promise<any>} */
export const getJson = async (url) => (await send(url)).json();

/** @param {string} url @returns {Promise<ArrayBuffer>} */
export const getBytes = async (url) => (await send(url)).arrayBuffer();

/** @param {string} url @returns {Promise<Blob>} */
export const getBlob = async (url) => (await send(url)).blob();

/** The methods that a URL takes. @param {string} url @returns {Promise<string>} */
export const allowed = async (url) => (await send(url, { method: "OPTIONS" })).headers.get("Allow") ?? "";

/** @param {string} url @param {object} [body] @param {string} [method] @returns {Promise<any>} */
export async function post(url, body, method = "POST") {
  const headers = { "Content-Type": "application/json" };
  const response = await send(url, { method, ...(body && { headers, body: JSON.stringify(body) }) });
  return response.status === 204 ? null : response.json();
}

/** @param {string} id */
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
 * @param {Blob} photo @param {Record<string, any>} fields @param {(fraction: number) => void} onProgress
 * @returns {{ job: Promise<Job>, abort: () => void }}
 */
export function createJob(photo, fields, onProgress) {
  const form = new FormData();
  form.append("photo", photo, "photo");
  for (const [name, value] of Object.entries(fields)) if (value !== null && value !== "") form.append(name, value);
  const request = new XMLHttpRequest();
  const job = new Promise((resolve, reject) => {
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onload = () =>
      request.status < 300 ? resolve(JSON.parse(request.responseText)) : reject(refusal(request.status, request.responseText));
    request.onerror = () => reject(new Unreachable("The photo could not be sent. Check your connection and try again."));
    request.onabort = () => reject(new DOMException("aborted", "AbortError"));
  });
  request.open("POST", `${BASE}/jobs`);
  request.setRequestHeader("Accept", "application/json, application/problem+json");
  request.send(form);
  return { job, abort: () => request.abort() };
}
