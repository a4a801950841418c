/** What the page keeps in its URL behind the #, so that a reload or a link finds it again. */

/**
 * job: id, or token of a shared one; photo: there is one that was chosen and not sent yet; view: the camera's pose;
 * look: the appearance of the 3D model; marks: points that were marked in it.
 * @typedef {"job"|"photo"|"view"|"look"|"marks"} Name
 */

/** Of the page at its beginning. @type {Record<Name, null>} */
export const EMPTY = { job: null, photo: null, view: null, look: null, marks: null };

/** A value of the fragment, or null. @param {Name} name */
export const inFragment = (name) => new URLSearchParams(location.hash.slice(1)).get(name);

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
  const url = location.pathname + location.search + (fragment && `#${fragment}`);
  history[step ? "pushState" : "replaceState"](null, "", url);
}
