/**
 * Reads the compact point cloud format RLF2 (see shared/cloud/format.py) and lifts its pixels to points.
 *
 * Convention: the file's camera frame is x right, y down, z forward. The viewer's frame is x right, y up, z towards the
 * viewer; the photo's camera sits at its origin.
 */

const MAGIC = "RLF2";
const DEPTH_STEPS = 65534;

/** Read a file. @param {ArrayBuffer} buffer @returns {Cloud} @throws {Error} the bytes are no such file */
export function parseCloud(buffer) {
  const bytes = new Uint8Array(buffer);
  if (bytes.length < 8 || String.fromCharCode(...bytes.subarray(0, 4)) !== MAGIC) {
    throw new Error("This is not a point cloud of a version that the viewer reads.");
  }
  const headerSize = new DataView(buffer).getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerSize)));
  const count = header.width * header.height;
  const start = 8 + headerSize;
  const known = header.classes ?? []; // files of Relief 0.1.0 have none, and no plane of them
  const size = start + (known.length ? 8 : 7) * count;
  if (bytes.length !== size) throw new Error(`The point cloud is torn: ${bytes.length} bytes, ${size} expected.`);
  const stored = (/** @type {number} */ k) => bytes.slice(start + k * count, start + (k + 1) * count);
  const [low, high] = [stored(0), stored(1)];
  const depth = summed(Uint16Array.from(low, (byte, pixel) => byte | (high[pixel] << 8)), header.width);
  const [gray, confidence, red, green, blue] = [2, 3, 4, 5, 6].map((k) => summed(stored(k), header.width));
  const classOf = known.length ? summed(stored(7), header.width) : new Uint8Array(count);
  const { uv_scale: uvScale, uv_offset: uvOffset, quarter_turns: quarters = 0, joined_ratio, ...rest } = header;
  // Files of Relief 0.1.0 do not say it.
  const joinedRatio = joined_ratio ?? Math.max(8 / header.fx, header.unit === "mm" ? 0.12 : 0);
  const classes = known.length ? classesSeen(known, classOf, depth) : [];
  const isBehind = known.map((/** @type {SeenClass} */ { name }) => name === "background");
  const planes = { depth, gray, confidence, red, green, blue, classOf };
  return { ...rest, uvScale, uvOffset, quarters, joinedRatio, ...planes, classes, isBehind };
}

/**
 * The classes, by their number, each with whether a point shows it; none where all points show the same.
 * @param {{ name: string, color: string }[]} known @param {Uint8Array} classOf of each pixel
 * @param {Uint16Array} depth @throws {Error} a pixel is of a class that is not known
 */
function classesSeen(known, classOf, depth) {
  const classes = known.map(({ name, color }) => ({ name, color, seen: false }));
  for (let pixel = 0; pixel < classOf.length; pixel++) {
    if (!classes[classOf[pixel]]) throw new Error(`The point cloud has a point of class ${classOf[pixel]}.`);
    if (depth[pixel]) classes[classOf[pixel]].seen = true;
  }
  return classes.filter(({ seen }) => seen).length > 1 ? classes : [];
}

/**
 * Values from their differences along each row, in place; the array's type wraps round as the writer's did.
 * @template {Uint8Array|Uint16Array} T @param {T} values @param {number} width
 */
function summed(values, width) {
  for (let i = 1; i < values.length; i++) if (i % width) values[i] += values[i - 1];
  return values;
}

/** Pixels that hold a point, from a coarse grid to the full one, each pass doubling them. @param {Cloud} cloud */
function interlaced({ width, height, depth }) {
  const pixels = new Uint32Array(depth.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0));
  const levels = [];
  let count = 0;
  const add = (/** @type {number} */ u, /** @type {number} */ v) => {
    if (depth[v * width + u]) pixels[count++] = v * width + u;
  };
  for (let v = 0; v < height; v += 8) for (let u = 0; u < width; u += 8) add(u, v);
  levels.push(count);
  for (let step = 8; step > 1; step /= 2) {
    const half = step / 2;
    for (let v = half; v < height; v += step) for (let u = half; u < width; u += step) add(u, v);
    levels.push(count);
    for (let v = 0; v < height; v += half) {
      for (let u = v % step ? 0 : half; u < width; u += step) add(u, v);
    }
    levels.push(count);
  }
  return { pixels, levels };
}

/** Lift every pixel that holds a point. @param {Cloud} cloud @returns {Points} */
export function pointsFromCloud(cloud) {
  const { pixels, levels } = interlaced(cloud);
  const [x, y, z, depth] = [0, 0, 0, 0].map(() => new Float32Array(pixels.length));
  const span = (cloud.far - cloud.near) / DEPTH_STEPS;
  for (let i = 0; i < pixels.length; i++) {
    const u = pixels[i] % cloud.width;
    const v = (pixels[i] - u) / cloud.width;
    depth[i] = cloud.near + (cloud.depth[pixels[i]] - 1) * span;
    x[i] = ((u - cloud.cx) * depth[i]) / cloud.fx;
    y[i] = ((cloud.cy - v) * depth[i]) / cloud.fy;
    z[i] = -depth[i];
  }
  const bounds = [x, y, z].map(extent);
  const framed = framing(cloud, pixels, [x, y, z], bounds);
  const longest = Math.max(...framed.bounds.map(([low, high]) => high - low)) || 1;
  return { count: pixels.length, pixels, x, y, z, depth, light: new Float32Array(), levels, bounds, longest, framed };
}

/** The lowest and the highest of some values. @param {Float32Array} values */
export const extent = (values) => [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];

/**
 * What the view is centred on and filled with: the person, before whatever lies behind; without one, everything.
 * @param {Cloud} cloud @param {Uint32Array} pixels @param {Float32Array[]} xyz @param {number[][]} bounds of all
 * @returns {Framed}
 */
function framing({ classOf, isBehind }, pixels, xyz, bounds) {
  const whose = pixels.filter((pixel) => !isBehind[classOf[pixel]]).length;
  if (!whose || whose === pixels.length) return { bounds, middle: xyz[2].toSorted()[pixels.length >> 1] };
  const person = xyz.map((all) => all.filter((_, i) => !isBehind[classOf[pixels[i]]]));
  return { bounds: person.map(extent), middle: person[2].toSorted()[whose >> 1] };
}

/** Depth of a pixel, in unit; NaN where there is no point. @param {Cloud} cloud @param {number} pixel */
export const depthOf = ({ near, far, depth }, pixel) =>
  depth[pixel] ? near + ((depth[pixel] - 1) * (far - near)) / DEPTH_STEPS : NaN;

/** Where a pixel of the cloud lies in the photo, as fractions. @param {Cloud} cloud @param {number} pixel */
export function photoPosition(cloud, pixel) {
  const u = pixel % cloud.width;
  const v = (pixel - u) / cloud.width;
  let place = { u: u * cloud.uvScale[0] + cloud.uvOffset[0], v: v * cloud.uvScale[1] + cloud.uvOffset[1] };
  for (let turn = 0; turn < cloud.quarters; turn++) place = { u: place.v, v: 1 - place.u }; // back, counterclockwise
  return place;
}

/**
 * Where a place of the scene is seen in the photo, as fractions; null where the cloud lies before it, or ends.
 * @param {Cloud} cloud @param {number[]} place x, y, z
 */
export function seenInPhoto(cloud, [x, y, z]) {
  const u = Math.round(cloud.cx - (cloud.fx * x) / z);
  const v = Math.round(cloud.cy + (cloud.fy * y) / z);
  if (!(u >= 0 && u < cloud.width && v >= 0 && v < cloud.height)) return null;
  const pixel = v * cloud.width + u;
  const depth = depthOf(cloud, pixel);
  return -z - depth <= cloud.joinedRatio * depth ? photoPosition(cloud, pixel) : null; // null for NaN too
}
