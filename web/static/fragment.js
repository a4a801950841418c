/**
 * What the page keeps in its URL behind the #, so that a reload or a link finds it again. A link to a shared job has
 * its token in the path instead, where those can read it who draw a card of the link.
 */

/**
 * job: id, or token of a shared one; photo: there is one that was chosen and not sent yet; view: the camera's pose;
 * look: the appearance of the 3D model; marks: points that were marked in it.
 * @typedef {"job"|"photo"|"view"|"look"|"marks"} Name
 */

/** Of the page at its beginning. @type {Record<Name, null>} */
export const EMPTY = { job: null, photo: null, view: null, look: null, marks: null };

/** The token in the path, or null. */
function jobInPath() {
  const before = document.body.dataset.sharedPath ?? "";
  return location.pathname.startsWith(before) ? location.pathname.slice(before.length) : null;
}

/** A value of the fragment, or null; the job may be in the path. @param {Name} name */
export const inFragment = (name) =>
  new URLSearchParams(location.hash.slice(1)).get(name) ?? (name === "job" ? jobInPath() : null);

/**
 * Change values of the fragment.
 * @param {Partial<Record<Name, string|null>>} values null removes @param {boolean} [step] one for the Back button
 */
export function setFragment(values, step = false) {
  const parameters = new URLSearchParams(location.hash.slice(1));
  for (const [name, value] of Object.entries(values)) {
    if (value === null) parameters.delete(name);
    else parameters.set(name, value);
  }
  const fragment = parameters.toString().replaceAll("%2C", ",");
  const leaves = values.job !== undefined && values.job !== jobInPath();
  const url = (leaves ? "/" : location.pathname + location.search) + (fragment && `#${fragment}`);
  history[step ? "pushState" : "replaceState"](null, "", url);
}
