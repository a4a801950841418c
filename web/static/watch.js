// @ts-check
/** Follows a job by asking how it stands: often while someone looks, rarely while not, patiently without a network. */

import { jobSince, Refusal, Unreachable } from "./api.js";

const VISIBLE_MS = 500;
const HIDDEN_MS = 4000;
const LONGEST_RETRY_MS = 8000;

/** @param {{ state: string }} job */
export const hasEnded = (job) => ["succeeded", "failed", "canceled"].includes(job.state);

/** Wait, but no longer than until the page is seen again or the network is back. @param {number} ms @param {AbortSignal} signal */
function pause(ms, signal) {
  return new Promise((/** @type {(value?: any) => void} */ done) => {
    const timer = setTimeout(finish, ms);
    const targets = [[document, "visibilitychange"], [window, "online"], [signal, "abort"]];
    function finish() {
      clearTimeout(timer);
      for (const [target, name] of targets) /** @type {EventTarget} */ (target).removeEventListener(String(name), finish);
      done();
    }
    for (const [target, name] of targets) /** @type {EventTarget} */ (target).addEventListener(String(name), finish);
  });
}

/**
 * Ask until the job has ended.
 * @param {string} url of the job
 * @param {{ seen: (job: import("./api.js").Job) => void, trouble: (lost: boolean) => void, gone: (error: Error) => void }} tell
 * @returns {() => void} stop asking
 */
export function watch(url, tell) {
  const control = new AbortController();
  follow(url, tell, control.signal).catch((error) => {
    if (!control.signal.aborted) tell.gone(error);
  });
  return () => control.abort();
}

/** @param {string} url @param {Parameters<typeof watch>[1]} tell @param {AbortSignal} signal */
async function follow(url, tell, signal) {
  /** @type {string|null} */
  let tag = null;
  let failures = 0;
  while (!signal.aborted) {
    try {
      const answer = await jobSince(url, tag, signal);
      if (failures) tell.trouble(false);
      failures = 0;
      tag = answer.tag;
      if (answer.job) {
        tell.seen(answer.job);
        if (hasEnded(answer.job)) return;
      }
    } catch (error) {
      const passing = error instanceof Unreachable || (error instanceof Refusal && (error.status >= 500 || error.status === 429));
      if (!passing) throw error;
      failures++;
      tell.trouble(true);
    }
    const usual = document.hidden ? HIDDEN_MS : VISIBLE_MS;
    await pause(failures ? Math.min(LONGEST_RETRY_MS, usual * 2 ** failures) : usual, signal);
  }
}
