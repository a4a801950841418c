/** What the pixel grid says of the surface between its points: which neighbours belong together, steep parts, light. */

// From the upper left and the front, fixed to the face: x right, y up, z towards the viewer.
const LAMP = [-0.5, 0.6, 0.62];

/**
 * Whether two or three points of neighbouring pixels belong to one surface; not so across a silhouette, nor a person
 * and what is behind.
 * @param {Cloud} cloud @param {Points} points
 */
function joining({ joinedRatio, classOf, isBehind }, { depth, pixels }) {
  const behind = new Uint8Array(pixels.length); // filled in a loop, which is ten times as fast as `from`
  for (let i = 0; i < pixels.length; i++) behind[i] = isBehind[classOf[pixels[i]]] ? 1 : 0;
  return (/** @type {number} */ a, /** @type {number} */ b, c = b) => {
    if (behind[a] !== behind[b] || behind[a] !== behind[c]) return false;
    const nearest = Math.min(depth[a], depth[b], depth[c]);
    return Math.max(depth[a], depth[b], depth[c]) - nearest <= joinedRatio * nearest;
  };
}

/** Index of each pixel's point, -1 where there is none. @param {Cloud} cloud @param {Points} points */
function pointOfPixel({ width, height }, { pixels, count }) {
  const index = new Int32Array(width * height).fill(-1);
  for (let i = 0; i < count; i++) index[pixels[i]] = i;
  return index;
}

/** Triangles between neighbouring pixels, as indices into points. @param {Cloud} cloud @param {Points} points */
export function triangles(cloud, points) {
  const { width, height } = cloud;
  const point = pointOfPixel(cloud, points);
  const joined = joining(cloud, points);
  const [i, j, k] = [0, 0, 0].map(() => new Uint32Array(2 * width * height));
  let count = 0;
  const add = (/** @type {number} */ a, /** @type {number} */ b, /** @type {number} */ c) => {
    if (a < 0 || b < 0 || c < 0 || !joined(a, b, c)) return;
    i[count] = a;
    j[count] = b;
    k[count++] = c;
  };
  for (let v = 0; v + 1 < height; v++) {
    for (let u = 0; u + 1 < width; u++) {
      const at = v * width + u;
      const [a, b, c, d] = [point[at], point[at + 1], point[at + width], point[at + width + 1]];
      add(a, c, b);
      add(b, c, d);
    }
  }
  return { i: i.slice(0, count), j: j.slice(0, count), k: k.slice(0, count) };
}

/**
 * The points with the light on them, and behind them more on steep parts, where neighbours of the grid lie so far apart
 * in depth that one sees between them from the side. Each of these lies on the straight line between two neighbours and
 * has the nearer one's pixel.
 * @param {Cloud} cloud @param {Points} points @returns {Points}
 */
export function withSteepParts(cloud, points) {
  const { count } = points;
  const between = steps(cloud, points);
  const total = count + between.length / 3;
  const more = (/** @type {Float32Array} */ values) => {
    const all = new Float32Array(total);
    all.set(values);
    for (let i = count, k = 0; i < total; i++, k += 3) {
      all[i] = values[between[k]] + (values[between[k + 1]] - values[between[k]]) * between[k + 2];
    }
    return all;
  };
  const pixels = new Uint32Array(total);
  pixels.set(points.pixels);
  for (let i = count, k = 0; i < total; i++, k += 3) {
    pixels[i] = points.pixels[between[k + 2] < 0.5 ? between[k] : between[k + 1]];
  }
  const [x, y, z, depth] = [points.x, points.y, points.z, points.depth].map(more);
  const levels = total > count ? [...points.levels, total] : points.levels;
  return { ...points, light: lit(cloud, points), pixels, x, y, z, depth, levels };
}

/**
 * Where more points belong, a pixel's width apart: from, to, and share of the way, three numbers for each.
 * @param {Cloud} cloud @param {Points} points
 */
function steps(cloud, points) {
  const { depth, count, pixels } = points;
  const point = pointOfPixel(cloud, points);
  const joined = joining(cloud, points);
  /** @type {number[]} */
  const between = [];
  for (let from = 0; from < count; from++) {
    const pixel = pixels[from];
    const right = (pixel + 1) % cloud.width ? point[pixel + 1] : -1;
    const below = point[pixel + cloud.width] ?? -1;
    const gap = (/** @type {number} */ to) =>
      to >= 0 && joined(from, to) ? Math.abs(depth[from] - depth[to]) : 0;
    const to = gap(right) > gap(below) ? right : below;
    const most = Math.ceil((gap(to) * cloud.fx) / depth[from]);
    for (let step = 1; step < most; step++) between.push(from, to, step / most);
  }
  return between;
}

/** How squarely the lamp's light falls on the surface at each pixel. @param {Cloud} cloud @param {Points} points */
function lit(cloud, points) {
  const { width, height } = cloud;
  const { x, y, z } = points;
  const point = pointOfPixel(cloud, points);
  const joined = joining(cloud, points);
  const light = new Float32Array(width * height);
  for (let i = 0; i < points.count; i++) {
    const pixel = points.pixels[i];
    const u = pixel % width;
    const near = (/** @type {number} */ other, /** @type {boolean} */ inside) => {
      const index = inside ? point[other] : -1;
      return index >= 0 && joined(i, index) ? index : i;
    };
    const [left, right] = [near(pixel - 1, u > 0), near(pixel + 1, u + 1 < width)];
    const [above, below] = [near(pixel - width, pixel >= width), near(pixel + width, pixel < width * (height - 1))];
    const [ax, ay, az] = [x[right] - x[left], y[right] - y[left], z[right] - z[left]];
    const [bx, by, bz] = [x[above] - x[below], y[above] - y[below], z[above] - z[below]];
    const [nx, ny, nz] = [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx];
    const length = Math.hypot(nx, ny, nz) * Math.hypot(...LAMP) || 1;
    light[pixel] = Math.max(0, (nx * LAMP[0] + ny * LAMP[1] + nz * LAMP[2]) / length);
  }
  return light;
}
