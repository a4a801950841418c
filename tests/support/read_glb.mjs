/** Reads a GLB file by glTF Transform, and checks it by Khronos's validator; prints both as JSON. For tests. */

import { readFile } from "node:fs/promises";
import { NodeIO } from "@gltf-transform/core";
import validator from "gltf-validator";

const data = new Uint8Array(await readFile(process.argv[2]));
const { issues, info } = await validator.validateBytes(data);
const root = (await new NodeIO().readBinary(data)).getRoot();

/** Where something moves, and how. @param {import("@gltf-transform/core").PrimitiveTarget} target */
function moved(target) {
  const offsets = target.getAttribute("POSITION")?.getArray() ?? [];
  const places = [];
  for (let at = 0; at < offsets.length; at += 3) {
    if (offsets[at] || offsets[at + 1] || offsets[at + 2]) places.push(at / 3);
  }
  return { indices: places, offsets: places.map((place) => Array.from(offsets.slice(3 * place, 3 * place + 3))) };
}

const meshes = root.listMeshes().map((mesh) => {
  const [primitive] = mesh.listPrimitives();
  const texture = primitive.getMaterial()?.getBaseColorTexture();
  return {
    name: mesh.getName(),
    weights: mesh.getWeights(),
    targetNames: mesh.getExtras().targetNames ?? [],
    material: primitive.getMaterial()?.getName(),
    texture: texture && { type: texture.getMimeType(), size_wh: texture.getSize() },
    positions: Array.from(primitive.getAttribute("POSITION")?.getArray() ?? []),
    triangles: Array.from(primitive.getIndices()?.getArray() ?? []),
    targets: primitive.listTargets().map(moved),
  };
});
console.log(JSON.stringify({ issues, info, meshes, extras: root.listScenes()[0].getExtras() }));
