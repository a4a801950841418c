/** Shows the measures of a head: distances between named landmarks, each with its error. */

import { byId, make } from "./dom.js";

/** "63.0 ± 3.5 mm" @param {{ length_mm: number, error_mm: number }} measure */
const text = ({ length_mm, error_mm }) => `${length_mm.toFixed(1)} ± ${error_mm.toFixed(1)} mm`;

/** Show them, or nothing where there is no head. @param {Report | null} report */
export function showMeasures(report) {
  const measures = report?.head?.measures ?? [];
  const items = measures.map((measure) => {
    const name = measure.name[0].toUpperCase() + measure.name.slice(1);
    return make("div", {}, make("dt", {}, name), make("dd", {}, text(measure)));
  });
  byId("measures").hidden = !items.length;
  byId("measure-list").replaceChildren(...items);
}
