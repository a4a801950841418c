/** What the scene holds of a cloud, or of a head in its place, and what of that is seen at a pixel. */

import { parseCloud, pointsFromCloud } from "./cloud.js";
import { framingOfHead } from "./framing.js";
import { pointAt } from "./screen.js";
import { withSteepParts } from "./shape.js";
import { thinningOfMeshes, thinningOfPoints } from "./thinning.js";
import { trace } from "./traces.js";

const NEAR_PX = 6; // a click beside a point means it

/** Read a file, and lift its points. @param {ArrayBuffer} buffer RLF2 */
export function readCloud(buffer) {
  const cloud = parseCloud(buffer);
  return { cloud, points: withSteepParts(cloud, pointsFromCloud(cloud)) };
}

/**
 * @param {PlotlyGraph} graph @param {Cloud} cloud @param {Points} points @param {Appearance} shown
 * @param {number} [count] only the first so many points
 */
export function sceneOfCloud(graph, cloud, points, shown, count) {
  const drawn = trace(cloud, points, shown, count);
  const thinning = "i" in drawn ? thinningOfMeshes(graph, "surface", [drawn]) : thinningOfPoints(graph, points.levels);
  return { framing: points, traces: [drawn], thinning };
}

/**
 * @param {PlotlyGraph} graph @param {Cloud} cloud @param {Points} points @param {Appearance} shown
 * @param {import("./head-view.js").HeadView} head whose mesh is here
 */
export function sceneOfHead(graph, cloud, points, shown, { mesh, hair }) {
  if (!mesh) throw new Error("The head is not here.");
  const traces = mesh.traces(shown, cloud.classes, hair);
  return { framing: framingOfHead(points, mesh.head), traces, thinning: thinningOfMeshes(graph, "head", traces) };
}

/**
 * The place that is seen at a pixel of the stage.
 * @param {{ mode: Appearance["mode"], points?: Points, side: number, eye: import("./camera.js").Camera,
 *   head: import("./head-view.js").HeadView }} viewer @param {Point2D} at
 */
export function placeAt({ mode, points, side, eye, head }, at) {
  const screen = eye.screen();
  if (!screen || !points) return null;
  if (mode === "head") return head.mesh?.hit(screen.ray(at), head.hair) ?? null;
  return pointAt(points, screen, at, Math.max(NEAR_PX, side));
}
