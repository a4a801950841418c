/** How points and meshes are thinned while they turn: fewer points, or triangles between fewer vertices. */

import { thinMesh, thinPoints } from "./internals.js";
import { coarser } from "./mesh.js";

const HALVINGS = [5, 4, 3, 2, 1, 0]; // of the triangles, about

/** @typedef {import("./mesh.js").Triangles} Triangles */
/** A mesh3d trace. @typedef {Triangles & Record<"x" | "y" | "z", Float32Array> & { uid: string }} MeshTrace */

/**
 * Of points that are drawn in their order.
 * @param {PlotlyGraph} graph @param {number[]} levels see `Points` @returns {import("./detail.js").Thinning}
 */
export const thinningOfPoints = (graph, levels) =>
  ({ mode: "points", levels, thin: (level) => thinPoints(graph, levels[level]) });

/**
 * Of meshes; the coarser ones are made when they are first needed, which is never where frames are quick.
 * @param {PlotlyGraph} graph @param {Appearance["mode"]} mode @param {MeshTrace[]} meshes
 * @returns {import("./detail.js").Thinning}
 */
export function thinningOfMeshes(graph, mode, meshes) {
  const count = meshes.reduce((sum, { i }) => sum + i.length, 0);
  /** @type {(Uint32Array | null)[][]} */
  const made = HALVINGS.map(() => []);
  const make = (/** @type {MeshTrace} */ mesh, /** @type {number} */ halvings) =>
    halvings ? coarserSlots(mesh, 2 ** (halvings / 2)) : null;
  return {
    mode,
    levels: HALVINGS.map((halvings) => Math.round(count / 2 ** halvings)),
    thin: (level) => meshes.forEach((mesh, index) =>
      thinMesh(graph, mesh.uid, (made[level][index] ??= make(mesh, HALVINGS[level])))),
  };
}

/**
 * The corners of a coarser mesh, as places in the buffers of gl-mesh3d, which have three vertices for each triangle,
 * the last corner first; so do these.
 * @param {MeshTrace} mesh @param {number} factor see `coarser`
 */
function coarserSlots(mesh, factor) {
  const slot = new Uint32Array(mesh.x.length);
  for (let t = 0; t < mesh.i.length; t++) {
    slot[mesh.k[t]] = 3 * t;
    slot[mesh.j[t]] = 3 * t + 1;
    slot[mesh.i[t]] = 3 * t + 2;
  }
  return coarser(mesh, [mesh.x, mesh.y, mesh.z], factor).map((vertex) => slot[vertex]).reverse();
}
