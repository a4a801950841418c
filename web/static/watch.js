// @ts-check
/**
 * Follows a job: while someone looks, each question waits at the server for a change; a tab that nobody sees asks now and
 * then, so that it holds none of the few connections that a browser has for a server. Patient without a network.
 */

import { jobSince, Refusal, Unreachable } from "./api.js";

const WAIT_S = 20; // and a question that gets no answer for much longer was lost
const LOST_MS = 1000 * (WAIT_S + 10);
const CHANGED_MS = 100; // between two answers that bring news
const USUAL_MS = 500; // between two that do not: where the server had no place for one more to wait
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
  let question = new AbortController();
  addEventListener("offline", () => question.abort(new Unreachable()), { signal }); // it can have no answer any more
  while (!signal.aborted) {
    question = new AbortController();
    const asked = performance.now();
    let rest = 0; // ms until the next question
    try {
      const given = AbortSignal.any([signal, question.signal, AbortSignal.timeout(LOST_MS)]);
      const answer = await jobSince(url, tag, document.hidden ? 0 : WAIT_S, given);
      if (failures) tell.trouble(false);
      failures = 0;
      tag = answer.tag;
      if (answer.job) {
        tell.seen(answer.job);
        if (hasEnded(answer.job)) return;
      }
      rest = document.hidden ? HIDDEN_MS : (answer.job ? CHANGED_MS : USUAL_MS) - (performance.now() - asked);
    } catch (error) {
      const passing = error instanceof Unreachable || (error instanceof Refusal && (error.status >= 500 || error.status === 429));
      if (!passing) throw error;
      tell.trouble(true);
      rest = Math.min(LONGEST_RETRY_MS, USUAL_MS * 2 ** ++failures);
    }
    await pause(Math.max(0, rest), signal);
  }
}
