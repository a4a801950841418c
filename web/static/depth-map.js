/** Shows the depth map of a job; where it has two, of the network and in millimetres, with a switch between them. */

import { byId } from "./dom.js";
import { showImage } from "./panels.js";

const choice = byId("depth-kind");
let show = () => false; // the map that is chosen, of the job that is shown

/**
 * Show a job's map; false where it is shown already.
 * @param {Result} network @param {Result|undefined} metric @param {Job["photo"]} size in pixels
 */
export function showDepthMap(network, metric, size) {
  choice.hidden = !metric;
  show = () => {
    const wanted = metric && choice.querySelector('[value="metric"]:checked') ? metric : network;
    return showImage("depth-image", wanted.url, size);
  };
  return show();
}

/** Show the other map when it is chosen. */
export function listenForDepthMaps() {
  choice.addEventListener("input", () => show());
}
