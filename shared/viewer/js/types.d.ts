/** Types of the viewer's scripts, for the type checker alone: no browser loads this. */

/** How a cloud is shown. */
interface Appearance {
  mode: "points" | "surface" | "head";
  color: "grayscale" | "photo" | "confidence" | "classes";
  size: number; // side of a point; 1: neighbours touch when the whole face is seen
  light: number; // direction of the light, degrees from the eye; negative: from the left
}

interface Point2D { x: number; y: number }
interface Point3D { x: number; y: number; z: number }

/** Where the bytes of a head come from, once it is wanted. */
type HeadSource = () => Promise<ArrayBuffer>;

/** Where the camera is. */
interface Pose {
  yaw: number; // degrees to the right of the face's front
  pitch: number; // degrees above it
  zoom: number; // 1: the whole face fits
  target: number[]; // x, y, z offset of the point looked at, in units of the scene
}

/** A point cloud as its file has it. */
interface Cloud {
  width: number; height: number; // columns and rows of the pixel grid, which is the box round the points
  fx: number; fy: number; cx: number; cy: number; // intrinsics, pixels
  near: number; far: number; // nearest and farthest depth, in unit
  unit: "mm" | "relative";
  joinedRatio: number; // depths of one surface differ by at most this part of the nearer, between neighbours
  uvScale: number[]; uvOffset: number[]; // from this grid's pixels to fractions of the photo, ...
  quarters: number; // ... which was turned clockwise by so many quarter turns first
  depth: Uint16Array; // 0 where there is no point
  gray: Uint8Array; confidence: Uint8Array; // 0 none to 255 full
  red: Uint8Array; green: Uint8Array; blue: Uint8Array;
  classOf: Uint8Array; // index into `classes`
  classes: SeenClass[]; // none where the points do not differ, or nothing is known of them
  isBehind: boolean[]; // of each class, whether it is the background; none in a file without classes
}

/** A class of points: hair, skin. */
interface SeenClass { name: string; color: string; seen: boolean } // color as #rrggbb; whether a point is of it

interface Points extends Framing {
  count: number; // one for each pixel that holds a point; behind these there may be others (see shape.js)
  pixels: Uint32Array; // index into the grid of each point, coarse grid first (see levels)
  x: Float32Array; y: Float32Array; z: Float32Array; // viewer's frame
  depth: Float32Array; // along the camera's axis, as in the file
  levels: number[]; // the first levels[k] points alone cover the face evenly; the last is all of them
  light: Float32Array; // on each pixel of the grid: 1 where the surface faces the lamp, 0 where it looks away
}

/** What the scene holds, and what of it fills the view. */
interface Framing {
  bounds: number[][]; // lowest and highest x, y, z
  framed: Framed; // what fills the view
  longest: number; // longest side of what fills the view: the unit of Plotly's scene
  back?: number; // how far behind the middle of the points that lies which is turned round
}

/** The person, where the cloud holds background too; else everything. */
interface Framed {
  bounds: number[][]; // lowest and highest x, y, z
  middle: number; // z that half of its points are nearer than
}

/** Why there is no 3D view: its context is waited for, or was lost, or there is no WebGL, or no plotly.js. */
type NotDrawn = "waiting" | "lost" | "webgl" | "library";

/** Views of the same thing side by side in one picture, row by row; one view alone is a picture as any other. */
interface Stills {
  word: string; url: string;
  mode: Appearance["mode"]; // what it stands for
  columns: number; rows: number;
  // How far the face is turned to the picture's right: in the first view, and from each to the next.
  first_yaw_deg: number; step_deg: number;
}

type Weights = Record<string, number>; // how strong each expression is, 0 to 1; those that are absent are not seen

/** What a person can try on a head: a word, and how strongly it moves each expression of the head. */
interface Expression { word: string; moves: Weights }

/** A whole head as its file has it. */
interface Head {
  parts: HeadPart[];
  expressions: string[]; // names of all
  weights: Weights; // of the photo's expression
  rotation: number[][]; eyes: number[]; // the head's directions, and the middle between the pupils, in the file's frame
  landmarks: Record<string, number[]>;
  measures: Measure[];
}

/** A mesh of a head, in the viewer's frame; its vertices are those of the neutral face. */
interface HeadPart {
  name: string; // "skin", "hair"
  count: number; // of vertices
  axes: Float32Array[]; // x, y, z
  bounds: number[][]; // lowest and highest of each
  red: Uint8Array; green: Uint8Array; blue: Uint8Array;
  corners: Uint16Array; // vertices, three for each triangle
  indices: Uint16Array; offsets: Float32Array[]; // vertices that are moved, and by how much in x, y, z
  morphs: Record<string, { start: number; end: number }>; // where in these each expression is
}

/** A distance between two named landmarks; ends in the file's frame. */
interface Measure { name: string; length_mm: number; error_mm: number; ends: number[][] }

/** How far lengths on a face may be off: see shared/head/accuracy.py. */
interface Accuracy { places_mm: number; size: number }

/** The surface along the line between two places. */
interface Section {
  places: number[][]; // on the surface, from one end to the other
  line: number[][]; // of each, how far along the straight line, and how high above it, towards the camera
  length: number; surface: number; // of the straight line, and of the way over the surface
  highest: number; // above the straight line
}

/** What marked points say; errors are standard deviations, null where lengths are relative. */
interface Marked {
  unit: string;
  marks: number[][];
  distances: { ends: number[]; length: number; error: number | null }[]; // ends: indices of marks
  angle: { degrees: number; error: number | null } | null; // at the second of three marks
  section: Section | null; // between the first two marks
}

/** The part of plotly.js that the viewer uses. */
interface Window {
  Plotly: {
    react(graph: HTMLElement, data: object[], layout: object, config: object): Promise<void>;
    purge(graph: HTMLElement): void;
    relayout(graph: HTMLElement, change: object): Promise<void>;
    Plots: { resize(graph: HTMLElement): Promise<void> };
  };
}

interface PlotlyGraph extends HTMLElement {
  on(event: "plotly_hover" | "plotly_click", listener: (data: { points: Point3D[] }) => void): void;
  on(event: "plotly_unhover", listener: () => void): void;
  on(event: "plotly_webglcontextlost", listener: (lost: { event: Event }) => void): void;
  _fullLayout?: { scene?: { _scene?: any } }; // not public: for internals.js alone
}

/** What plotly.js draws of a trace, not public: markers of gl-scatter3d, or a surface of gl-mesh3d. */
interface Drawn {
  pointCount?: number; vertexCount?: number; // of markers: all of them, and vertices that are drawn
  fullVertexCount?: number; // ours: how many vertices there are, while fewer are drawn
  pixelRatio: number;
  markerScale?: number; // ours: how much larger than size 1 a marker is
  lightPosition?: number[]; // of a surface
  drawPick?: null; // ours: nothing to draw for hover
  gl?: any; triangleVAO?: any; // of a mesh: its context, and the buffers that are bound to draw it
  triangleCount?: number; // of a mesh
  thinned?: { indices: WebGLBuffer, triangleCount: number }; // ours: what is drawn instead, and how many there are
  dirty: boolean; // it is to be drawn again
}
