/** Outlines the faces of a photo that shows several; a click on one asks for its depth. */

import { byId, make } from "./dom.js";

const list = byId("faces");

/** Where a part of the photo is, in percent of its sides. @param {number} part @param {number} whole */
const percent = (part, whole) => `${(100 * part) / whole}%`;

/** The middle of a face in pixels of the photo, as the API takes it. @param {Face} face */
const middle = ({ box: [left, top, right, bottom] }) =>
  `${Math.round((left + right) / 2)},${Math.round((top + bottom) / 2)}`;

/**
 * A face as a button over the photo.
 * @param {Face} face @param {string} name @param {Job["photo"]} photo @param {boolean} open may be chosen just now
 */
function outline(face, name, photo, open) {
  const [left, top, right, bottom] = face.box;
  const button = make("button", {
    type: "button",
    className: "face",
    ariaLabel: name,
    ariaPressed: String(face.chosen),
    title: face.chosen ? "This face is the one in 3D" : "Choose this face",
    disabled: !open,
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

/** Show the faces of a job's photo, from left to right, where there are several. @param {Job|null} job */
export function showFaces(job) {
  const faces = (job?.report?.faces ?? []).toSorted((one, other) => one.box[0] - other.box[0]);
  const several = job && faces.length > 1 && (job.links.depth || job.links.cancel);
  list.hidden = !several;
  if (!several) return list.replaceChildren();
  const buttons = faces.map((face, index) =>
    outline(face, `Face ${index + 1} of ${faces.length}`, job.photo, "depth" in job.links),
  );
  list.replaceChildren(...buttons);
}

/** Pass on which face was chosen, as the API takes it. @param {(face: string) => void} chosen */
export function listenForFaces(chosen) {
  list.addEventListener("click", ({ target }) => {
    const face = target instanceof HTMLButtonElement && target.ariaPressed === "false" && target.dataset.face;
    if (face) chosen(face);
  });
}
