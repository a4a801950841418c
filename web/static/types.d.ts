/** Types of the page, most of what the API answers (see /docs), for the type checker alone: no browser loads this. */

type Stage = "depth" | "model"; // those that a person starts
type Settings = Record<string, string | number | null>; // of a stage, by name
type Problem = { title: string; detail: string }; // for a person: what is wrong, and what to do about it
type Checked = { file: File; fault: Problem | null }; // a file, and why it cannot be a photo

interface Result {
  name: string; url: string; bytes: number;
  label: string; description: string; // what it is, what it is good for
  hidden: boolean; // programs read it, not people
}

interface Job {
  id: string;
  state: "queued" | "running" | "succeeded" | "failed" | "canceled";
  stage: Stage | "head" | "export";
  progress: number; message: string; model: string | null;
  created_at: string; finished_at: string | null; expires_at: string | null; expires_in_s: number | null;
  timings: Record<string, number | null>;
  photo: { width: number; height: number };
  settings: Record<Stage, Settings>;
  queue_position: number | null; expected_seconds: number | null;
  report: Report | null;
  results: Result[];
  preview: boolean; // there is a rough cloud among them, whose place the cloud takes
  error: Problem | null;
  links: Record<string, string>; // what can be done with it
  share_url: string | null; // where others see it, while it is shared
}

interface JobPage { jobs: Job[]; next: string | null } // newest first; next: URL of those behind them

interface Face {
  box: [number, number, number, number]; // left, top, right, bottom in pixels of the photo
  width_px: number; score: number;
  chosen: boolean; // its person is the one in 3D
}

/** What was found in a photo, and what became of its points; each stage adds its part. */
interface Report {
  faces?: Face[];
  face_found?: boolean; faces_in_photo?: number; face_width_px?: number;
  yaw_deg?: number; pitch_deg?: number; roll_deg?: number; distance_mm?: number;
  turned_deg?: number; // clockwise, what set the photo's person upright
  camera_note?: string | null; photo_note?: string | null;
  sharpness?: number; // from 0 to 1
  camera?: "given" | "exif" | "network" | "assumed"; // where the lens is known from
  unit?: string; lengths?: { face?: string; everything?: string }; // of lengths, and why they are so
  relief_ratio?: number;
  scale?: { pupil_distance_mm: number; source: "given" | "irises" | "assumed"; irises_mm: number | null };
  own_map?: boolean; // a disparity map that came with the photo took the place of the network
  anchored?: boolean; // false: the network's depth was not used
  network?: { // what it gave, and how far moved
    layout_share: number; correction_rms_mm: number; detail_weight: number;
    normals?: { face_share: number };
  };
  model?: string; licence?: string; non_commercial?: boolean; // what made the depth, and the licence of its weights
  head?: {
    found: boolean; reason?: string; // why there is none
    measures?: { name: string; length_mm: number; error_mm: number }[];
  };
  points?: number; dropped?: Record<string, number>; // points that were left out, by reason
  guessed?: string[]; // parts of the face that the photo does not show
  advice?: string;
}

interface DepthModel { name: string; title: string; unit: string; ready: boolean; non_commercial: boolean }

/** A setting in JSON Schema. */
interface Schema {
  title: string; description?: string; type?: string; default?: any;
  minimum?: number; maximum?: number; "x-step"?: number; // between two values of a slider
  "x-hidden"?: boolean; // not in the form
  enum?: string[]; maxLength?: number; anyOf?: Schema[];
}
