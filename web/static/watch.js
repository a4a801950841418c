/**
 * Follows a job, also through a lost connection. While someone looks, each request waits at the server for a change; a
 * tab that nobody sees asks now and then, so that it holds none of the few connections that a browser has for a server.
 */

import { hasEnded, jobSince, Refusal, Unreachable } from "./api.js";

const WAIT_S = 20;
const LOST_MS = 1000 * (WAIT_S + 10); // a request that gets no answer for so long was lost
const CHANGED_MS = 100; // between two answers that tell of a change
const USUAL_MS = 500; // between two that do not: the server could not let one more request wait
const HIDDEN_MS = 4000;
const LONGEST_RETRY_MS = 8000;

/**
 * @typedef {object} Listener
 * @property {(job: Job) => void} seen how it stands now
 * @property {(lost: boolean) => void} trouble the connection is lost, or there again
 * @property {(error: unknown) => void} gone the server refused
 */

/** Wait, or until the page is seen again or online again. @param {number} ms @param {AbortSignal} stopped */
function pause(ms, stopped) {
  const over = new AbortController();
  const end = () => over.abort();
  const { signal } = over;
  setTimeout(end, ms);
  document.addEventListener("visibilitychange", end, { signal });
  addEventListener("online", end, { signal });
  stopped.addEventListener("abort", end, { signal });
  return new Promise((done) => signal.addEventListener("abort", done));
}

/** Ask until the job has ended. @param {string} url of the job @param {Listener} listener @returns {() => void} stop */
export function watch(url, listener) {
  const control = new AbortController();
  follow(url, listener, control.signal).catch((error) => {
    if (!control.signal.aborted) listener.gone(error);
  });
  return () => control.abort();
}

/** Ask again and again. @param {string} url @param {Listener} listener @param {AbortSignal} signal */
async function follow(url, listener, signal) {
  /** @type {string|null} */
  let tag = null;
  let failures = 0;
  let request = new AbortController();
  addEventListener("offline", () => request.abort(new Unreachable()), { signal }); // it can have no answer any more
  while (!signal.aborted) {
    request = new AbortController();
    const asked = performance.now();
    let rest = 0; // ms until the next request
    try {
      const either = AbortSignal.any([signal, request.signal, AbortSignal.timeout(LOST_MS)]);
      const answer = await jobSince(url, tag, document.hidden ? 0 : WAIT_S, either);
      if (failures) listener.trouble(false);
      failures = 0;
      tag = answer.tag;
      if (answer.job) {
        listener.seen(answer.job);
        if (hasEnded(answer.job)) return;
      }
      rest = document.hidden ? HIDDEN_MS : (answer.job ? CHANGED_MS : USUAL_MS) - (performance.now() - asked);
    } catch (error) {
      const busy = error instanceof Refusal && (error.status >= 500 || error.status === 429);
      if (!busy && !(error instanceof Unreachable)) throw error;
      listener.trouble(true);
      rest = Math.min(LONGEST_RETRY_MS, USUAL_MS * 2 ** ++failures);
    }
    await pause(Math.max(0, rest), signal);
  }
}
