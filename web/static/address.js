// @ts-check
/** The job and the view in the page's address, after the #: a reload or a link finds both again. */

/** @param {string} name job, photo (one that was chosen and not sent yet), view or look @returns {string|null} */
export const inAddress = (name) => new URLSearchParams(location.hash.slice(1)).get(name);

/**
 * @param {Record<string, string|null>} values null removes
 * @param {{ step?: boolean }} [how] step: a new step for the Back button
 */
export function setAddress(values, { step = false } = {}) {
  const parameters = new URLSearchParams(location.hash.slice(1));
  for (const [name, value] of Object.entries(values)) {
    if (value === null) parameters.delete(name);
    else parameters.set(name, value);
  }
  const fragment = parameters.toString().replaceAll("%2C", ",");
  const url = location.pathname + location.search + (fragment && `#${fragment}`);
  if (step) history.pushState(null, "", url);
  else history.replaceState(null, "", url);
}
