/**
 * Reads the compact format of a whole head, RLH1 (see shared/head/format.py), and moves its vertices by expressions.
 *
 * Convention: as of the point cloud (see cloud.js).
 */

const MAGIC = "RLH1";

/** Read a file. @param {ArrayBuffer} buffer @returns {Head} @throws {Error} the bytes are no such file */
export function parseHead(buffer) {
  const bytes = new Uint8Array(buffer);
  if (bytes.length < 8 || String.fromCharCode(...bytes.subarray(0, 4)) !== MAGIC) {
    throw new Error("This is not a head of a version that the viewer reads.");
  }
  const start = 8 + new DataView(buffer).getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  const planes = new Planes(bytes.subarray(start));
  const parts = header.parts.map((/** @type {any} */ shape) => readPart(shape, header, planes));
  planes.end();
  const { origin, step, morph_step, eyes_mm: eyes, ...facts } = header;
  return { ...facts, eyes, parts };
}

/** Reads planes of differences one after another; see shared/head/planes.py. */
class Planes {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  /** The next plane of bytes, as they are. @param {number} count */
  take(count) {
    if (!(count >= 0) || this.at + count > this.bytes.length) throw new Error("The head is torn.");
    return this.bytes.slice(this.at, (this.at += count));
  }

  /** The next numbers of one byte. @param {number} count */
  bytewise(count) {
    return summed(this.take(count));
  }

  /** The next numbers of two bytes. @param {number} count */
  words(count) {
    const [low, high] = [this.take(count), this.take(count)];
    const values = new Uint16Array(count); // filled in a loop, which is ten times as fast as `from`
    for (let i = 0; i < count; i++) values[i] = low[i] | (high[i] << 8);
    return summed(values);
  }

  /** Nothing is left. @throws {Error} there is more */
  end() {
    if (this.at !== this.bytes.length) throw new Error("The head is torn.");
  }
}

/**
 * Values from their differences, in place; the array's type wraps round as the writer's did.
 * @template {Uint8Array|Uint16Array} T @param {T} values
 */
function summed(values) {
  for (let i = 1; i < values.length; i++) values[i] += values[i - 1];
  return values;
}

/** A part. @param {any} shape @param {any} header @param {Planes} planes @returns {HeadPart} */
function readPart({ name, vertices: count, triangles, morphs }, header, planes) {
  const sign = [1, -1, -1]; // from the file's frame to the viewer's
  const axes = [0, 1, 2].map((axis) => {
    const steps = planes.words(count);
    const scale = sign[axis] * header.step;
    const origin = sign[axis] * header.origin[axis];
    return Float32Array.from(steps, (step) => origin + step * scale);
  });
  const [red, green, blue] = [0, 1, 2].map(() => planes.bytewise(count));
  const corners = inside(planes.words(3 * triangles), count);
  const moves = /** @type {[string, number][]} */ (Object.entries(morphs));
  const moved = moves.reduce((sum, [, more]) => sum + more, 0);
  const indices = inside(planes.words(moved), count);
  const offsets = sign.map((each) => {
    const steps = new Int16Array(planes.words(moved).buffer);
    return Float32Array.from(steps, (step) => step * each * header.morph_step);
  });
  let end = 0;
  const ranges = moves.map(([expression, more]) => [expression, { start: end, end: (end += more) }]);
  const bounds = axes.map((values) => [Math.min, Math.max].map((end) => values.reduce((a, b) => end(a, b))));
  return { name, count, axes, bounds, red, green, blue, corners, indices, offsets, morphs: Object.fromEntries(ranges) };
}

/** The indices as they are. @param {Uint16Array} indices @param {number} count @throws {Error} one is of no vertex */
function inside(indices, count) {
  for (const index of indices) if (index >= count) throw new Error("The head has an index of no vertex.");
  return indices;
}

/**
 * Where a part's vertices are under some expressions.
 * @param {HeadPart} part @param {Weights} weights
 * @param {Float32Array[]} [into] x, y and z, to be overwritten
 */
export function posed(part, weights, into = part.axes.map((axis) => new Float32Array(axis.length))) {
  for (const [axis, values] of into.entries()) values.set(part.axes[axis]);
  for (const [name, weight] of Object.entries(weights)) {
    const morph = part.morphs[name];
    if (!morph || !weight) continue;
    for (const [axis, values] of into.entries()) {
      const offsets = part.offsets[axis];
      for (let k = morph.start; k < morph.end; k++) values[part.indices[k]] += weight * offsets[k];
    }
  }
  return into;
}
