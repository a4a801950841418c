/** A head as Plotly draws it: one lit mesh for each part, whose vertices can be moved. */

import { posed } from "./head.js";
import { moveMesh } from "./internals.js";
import { normals } from "./mesh.js";
import { distanceToMesh } from "./screen.js";
import { HOVER_LABEL, lighting } from "./traces.js";

/** Gray of the parts where no colours are wanted. @type {Record<string, number>} */
const GRAYS = { skin: 205, eyes: 235, teeth: 235, tongue: 150, hair: 120, clothes: 150 };
const HOVER = "x %{x:.1f} mm<br>y %{y:.1f} mm<br>z %{customdata:.1f} mm<br>";

/** The meshes of a head under some expressions. */
export class HeadMesh {
  /** @param {Head} head @param {Weights} weights */
  constructor(head, weights) {
    this.head = head;
    this.weights = weights;
    this.places = head.parts.map((part) => posed(part, weights));
    this.triangles = head.parts.map(({ corners }) => {
      const [i, j, k] = [0, 1, 2].map((corner) => corners.filter((_, at) => at % 3 === corner));
      return { i, j, k };
    });
  }

  /**
   * Pose the head anew. False where the scene does not follow, and is to be drawn again.
   * @param {Weights} weights @param {PlotlyGraph} graph
   */
  pose(weights, graph) {
    let followed = true;
    const changed = Object.keys({ ...weights, ...this.weights }).filter((name) => weights[name] !== this.weights[name]);
    this.weights = weights;
    for (const [index, part] of this.head.parts.entries()) {
      if (!changed.some((name) => part.morphs[name])) continue;
      posed(part, weights, this.places[index]);
      const directions = normals(this.triangles[index], this.places[index]);
      followed &&= moveMesh(graph, uid(part), this.places[index], directions, part.corners);
    }
    return followed;
  }

  /** The parts that are shown, each with its index. @param {boolean} hair whether that is */
  shown(hair) {
    return [...this.head.parts.entries()].filter(([, { name }]) => hair || name !== "hair");
  }

  /** The place that a ray first meets. @param {import("./screen.js").Ray} ray @param {boolean} hair */
  hit(ray, hair) {
    const away = this.shown(hair).map(([index, { corners }]) => distanceToMesh(corners, this.places[index], ray));
    const nearest = Math.min(...away);
    return Number.isFinite(nearest) ? ray.from.map((value, axis) => value + nearest * ray.along[axis]) : null;
  }

  /**
   * What Plotly draws.
   * @param {Appearance} appearance @param {SeenClass[]} classes of the cloud @param {boolean} hair whether it is shown
   */
  traces(appearance, classes, hair) {
    return this.shown(hair).map(([index, part]) => {
      const [x, y, z] = this.places[index];
      const hover = { customdata: z.map((value) => -value), hovertemplate: `${HOVER}${part.name}<extra></extra>` };
      const color = paint(part, appearance.color, classes);
      const common = { type: "mesh3d", uid: uid(part), x, y, z, ...this.triangles[index], flatshading: false };
      return { ...common, ...hover, ...color, hoverlabel: HOVER_LABEL, lighting: lighting(appearance.color) };
    });
  }
}

/** The name of a part's trace. @param {HeadPart} part */
const uid = ({ name }) => `head-${name}`;

/** Colours of a part. @param {HeadPart} part @param {Appearance["color"]} color @param {SeenClass[]} classes */
function paint({ name, red, green, blue }, color, classes) {
  if (color === "photo") return { vertexcolor: Array.from(red, (r, i) => `rgb(${r},${green[i]},${blue[i]})`) };
  const own = color === "classes" && classes.find((each) => each.name === name);
  return { color: own ? own.color : `rgb(${GRAYS[name]},${GRAYS[name]},${GRAYS[name]})` };
}
