/** Outlines the faces of a photo that shows several; a click on one asks for its depth. */

import { hasEnded } from "./api.js";
import { byId, make } from "./dom.js";

const list = byId("faces");

/** Where a part of the photo is, in percent of its sides. @param {number} part @param {number} whole */
const percent = (part, whole) => `${(100 * part) / whole}%`;

/** The middle of a face in pixels of the photo, as the API takes it. @param {Face} face */
const middle = ({ box: [left, top, right, bottom] }) =>
  `${Math.round((left + right) / 2)},${Math.round((top + bottom) / 2)}`;

/**
 * A face as a button over the photo.
 * @param {Face} face @param {string} name @param {Job} job @param {boolean} chosen its person is in 3D, or soon will be
 */
function outline(face, name, { photo, links }, chosen) {
  const [left, top, right, bottom] = face.box;
  const button = make("button", {
    type: "button",
    className: "face",
    ariaLabel: name,
    ariaPressed: String(chosen),
    title: chosen ? "This face is the one in 3D" : "Choose this face",
    disabled: !links.depth,
  });
  button.dataset.face = middle(face);
  Object.assign(button.style, {
    left: percent(left, photo.width),
    top: percent(top, photo.height),
    width: percent(right - left, photo.width),
    height: percent(bottom - top, photo.height),
  });
  return button;
}

/** The faces from left to right, where a photo has several and its visitor may choose. @param {Job} job */
function choice(job) {
  const faces = job.report?.faces ?? [];
  const own = "depth" in job.links || "cancel" in job.links; // while it runs, another face waits for its turn
  return own && faces.length > 1 ? faces.toSorted((one, other) => one.box[0] - other.box[0]) : [];
}

/** Show the faces among which a person may choose, if any. @param {Job|null} job */
export function showFaces(job) {
  const faces = job ? choice(job) : [];
  list.hidden = !faces.length;
  if (!job) return list.replaceChildren();
  const asked = hasEnded(job) ? undefined : faces.find((face) => middle(face) === job.settings.depth.face);
  const outlines = faces.map((face, index) =>
    outline(face, `Face ${index + 1} of ${faces.length}`, job, asked ? face === asked : face.chosen),
  );
  list.replaceChildren(...outlines);
}

/** "3 faces: choose one", or nothing. @param {Job} job */
export function facesText(job) {
  const { length } = choice(job);
  return length ? `${length} faces: choose one` : "";
}

/** Pass on which face was chosen, as the API takes it. @param {(face: string) => void} chosen */
export function listenForFaces(chosen) {
  list.addEventListener("click", ({ target }) => {
    const face = target instanceof HTMLButtonElement && target.ariaPressed === "false" && target.dataset.face;
    if (face) chosen(face);
  });
}
