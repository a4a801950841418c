/** Triangle meshes: their normals, and coarser ones for while they turn. */

const DIRECTIONS = 2; // vertices whose normals differ by less than about half their length may be one

/**
 * Vertices of the first, second and third corner of each triangle.
 * @typedef {{ i: Corners, j: Corners, k: Corners }} Triangles
 */
/** @typedef {Uint16Array | Uint32Array} Corners */

/**
 * The normals of a mesh at its vertices, x, y, z of one after another.
 * @param {Triangles} triangles @param {Float32Array[]} places
 */
export function normals(triangles, places) {
  const sums = areaNormals(triangles, places);
  for (let at = 0; at < sums.length; at += 3) {
    const length = Math.hypot(sums[at], sums[at + 1], sums[at + 2]) || 1;
    for (let axis = 0; axis < 3; axis++) sums[at + axis] /= length;
  }
  return sums;
}

/**
 * The same, as long as the triangles round each vertex are large, twice.
 * @param {Triangles} triangles @param {Float32Array[]} places
 */
function areaNormals({ i, j, k }, places) {
  const sums = new Float32Array(3 * places[0].length);
  for (let t = 0; t < i.length; t++) {
    const corners = [i[t], j[t], k[t]];
    const [nx, ny, nz] = areaNormal(corners, places);
    for (const corner of corners) {
      sums[3 * corner] += nx;
      sums[3 * corner + 1] += ny;
      sums[3 * corner + 2] += nz;
    }
  }
  return sums;
}

/**
 * Triangles of fewer vertices of a mesh: of those in one cell of a grid that look the same way, the first stands for
 * all (vertex clustering: Rossignac and Borrel, Multi-resolution 3D approximations for rendering complex scenes, 1993).
 * Those at a rim stay, so that silhouettes do, and parts that touch do not come apart.
 * @param {Triangles} triangles @param {Float32Array[]} places
 * @param {number} factor how many times as far apart as they are, vertices become one
 * @returns {Uint32Array} corners, three for each triangle
 */
export function coarser({ i, j, k }, places, factor) {
  const directions = areaNormals({ i, j, k }, places);
  const into = standIns({ i, j, k }, places, directions, factor);
  const corners = new Uint32Array(3 * i.length);
  let end = 0;
  for (let t = 0; t < i.length; t++) {
    const [a, b, c] = [into[i[t]], into[j[t]], into[k[t]]];
    if (a === b || b === c || c === a) continue;
    corners.set(faces([a, b, c], places, directions) ? [a, b, c] : [a, c, b], end);
    end += 3;
  }
  return corners.subarray(0, end);
}

/**
 * Whether a triangle looks the way that its corners do; one that was folded over does not.
 * @param {number[]} corners @param {Float32Array[]} places @param {Float32Array} directions of all vertices
 */
function faces(corners, places, directions) {
  const normal = areaNormal(corners, places);
  const sum = (/** @type {number} */ axis) =>
    directions[3 * corners[0] + axis] + directions[3 * corners[1] + axis] + directions[3 * corners[2] + axis];
  return normal[0] * sum(0) + normal[1] * sum(1) + normal[2] * sum(2) >= 0;
}

/**
 * The normal of a triangle, as long as twice its area.
 * @param {number[]} corners @param {Float32Array[]} places
 */
function areaNormal([a, b, c], [x, y, z]) {
  const [px, py, pz] = [x[b] - x[a], y[b] - y[a], z[b] - z[a]];
  const [qx, qy, qz] = [x[c] - x[a], y[c] - y[a], z[c] - z[a]];
  return [py * qz - pz * qy, pz * qx - px * qz, px * qy - py * qx];
}

/**
 * The vertex that stands for each.
 * @param {Triangles} triangles @param {Float32Array[]} places @param {Float32Array} directions see `areaNormals`
 * @param {number} factor
 */
function standIns(triangles, places, directions, factor) {
  const rim = atRim(triangles, places[0].length);
  /** @type {Map<number, number>} */
  const first = new Map();
  return Uint32Array.from(rim, (left, vertex) => {
    if (left) return vertex;
    const key = cellOf(vertex, places, directions, factor);
    const known = first.get(key);
    if (known === undefined) first.set(key, vertex);
    return known ?? vertex;
  });
}

/**
 * A number for the cell that a vertex lies in, as large as the triangles there want it, and for its direction.
 * @param {number} vertex @param {Float32Array[]} places @param {Float32Array} directions of all @param {number} factor
 */
function cellOf(vertex, places, directions, factor) {
  const along = directions.subarray(3 * vertex, 3 * vertex + 3);
  const length = Math.hypot(along[0], along[1], along[2]) || 1;
  const apart = Math.round(Math.log2(length / 6) / 2); // six triangles of half a square are round a vertex of a grid
  const side = factor * 2 ** apart;
  let key = apart & 63;
  for (const values of places) key = 1024 * key + (Math.floor(values[vertex] / side) & 1023);
  for (const value of along) key = 8 * key + Math.round((DIRECTIONS * value) / length) + 3;
  return key;
}

/**
 * Which vertices lie at a rim, not 0. Round a vertex within a mesh each neighbour follows one triangle and precedes
 * another, so that these cancel out; at a rim the first and the last are left.
 * @param {Triangles} triangles @param {number} count of vertices
 */
function atRim({ i, j, k }, count) {
  const left = new Int32Array(count);
  for (let t = 0; t < i.length; t++) {
    left[i[t]] += j[t] - k[t];
    left[j[t]] += k[t] - i[t];
    left[k[t]] += i[t] - j[t];
  }
  return left;
}
