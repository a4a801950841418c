// @ts-check
/** The settings form, built from the JSON Schema that the API validates with. */

import { inAddress } from "./address.js";
import { BASE, getJson } from "./api.js";
import { byId, make } from "./dom.js";

const GROUPS = { depth: "Depth map", model: "3D model" };
const LABELS = { model: "Depth model", fov_x_deg: "Field of view", pupil_distance_mm: "Between the pupils", focus: "Look at", point_budget: "Number of points", color: "Colour" };
const ORDER = ["model", "fov_x_deg", "pupil_distance_mm", "focus", "point_budget", "smoothing", "color", "background"]; // others come after these
const STEPS = { point_budget: 1000, smoothing: 0.1, pupil_distance_mm: 0.5 };
const KEPT = "settings";
const NUMBER = new Intl.NumberFormat("en");

/** @typedef {{ name: string, ready: boolean, title?: string, unit?: string }} Model */

/** Bounds of a numeric property; of the numeric branch where null is allowed too. @param {any} schema */
function numeric(schema) {
  return [schema, ...(schema.anyOf ?? [])].find((branch) => ["integer", "number"].includes(branch.type));
}

/** @param {string[]} values @param {string[]} words @param {any} chosen */
function select(values, words, chosen) {
  const options = values.map((value, k) => make("option", { value, selected: value === chosen }, words[k]));
  return make("select", {}, ...options);
}

/** @param {string} name @param {any} schema @param {{ models: Model[] }} offered */
function control(name, schema, offered) {
  if (name === "model") {
    const ready = offered.models.filter((model) => model.ready);
    const words = ready.map((model) => [model.title ?? model.name, model.unit].filter(Boolean).join(", "));
    return select(["auto", ...ready.map((model) => model.name)], ["Best that is ready", ...words], schema.default);
  }
  const choices = schema.enum;
  if (Array.isArray(choices)) {
    return select(choices, choices.map((word) => word[0].toUpperCase() + word.slice(1)), schema.default);
  }
  const range = numeric(schema);
  const properties = { min: range?.minimum ?? "", max: range?.maximum ?? "", step: STEPS[name] ?? "any" };
  if (range && schema.default !== null) return make("input", { type: "range", ...properties, value: schema.default });
  if (range) return make("input", { type: "number", ...properties, placeholder: "From the photo", inputMode: "decimal" });
  return make("input", { type: "text", value: schema.default ?? "", maxLength: schema.maxLength ?? 200 });
}

/** @param {string} group @param {string} name @param {any} schema @param {{ models: Model[] }} offered */
function field(group, name, schema, offered) {
  const input = control(name, schema, offered);
  input.id = `${group}-${name}`;
  input.name = name;
  input.dataset.group = group;
  const top = make("div", { className: "field-top" }, make("label", { htmlFor: input.id }, LABELS[name] ?? schema.title));
  if (input.type === "range") {
    const output = make("output", { htmlFor: input.id });
    const show = () => (output.value = NUMBER.format(input.valueAsNumber));
    input.addEventListener("input", show);
    show();
    top.append(output);
  }
  const help = make("small", { id: `${input.id}-help` }, schema.description ?? "");
  input.setAttribute("aria-describedby", help.id);
  return make("div", { className: "field" }, top, input, help);
}

/** Build the form; without it the page works with the server's defaults. @param {() => void} changed is told of every change */
export async function buildSettings(changed) {
  const [options, offered] = await Promise.all([getJson(`${BASE}/options`), getJson(`${BASE}/models`)]);
  const groups = Object.entries(GROUPS).map(([group, title]) => {
    const rank = (/** @type {string} */ name) => (ORDER.indexOf(name) + 99) % 99;
    const properties = Object.entries(options[group]?.properties ?? {}).sort(([a], [b]) => rank(a) - rank(b));
    const fields = properties.map(([name, schema]) => field(group, name, schema, offered));
    return make("fieldset", {}, make("legend", {}, title), ...fields);
  });
  byId("settings-groups").replaceChildren(...groups);
  byId("settings").hidden = false;
  byId("settings").addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());
  showKeptSettings(null);
  byId("settings").addEventListener("input", () => {
    const now = { job: inAddress("job"), depth: chosenSettings("depth"), model: chosenSettings("model") };
    sessionStorage.setItem(KEPT, JSON.stringify(now));
    changed();
  });
}

/** What was chosen for a job, or for the next one, and not sent before a reload. @param {string|null} job */
export function showKeptSettings(job) {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
  if ((kept.job ?? null) === job) showSettings(kept);
}

/** Whether what is chosen for a stage is other than a job was made with. @param {"depth"|"model"} group @param {Record<string, any>} made */
export function settingsDiffer(group, made) {
  const chosen = chosenSettings(group);
  return Object.keys(made).some((name) => (chosen[name] ?? null) !== made[name]);
}

/** What is chosen for a stage. @param {"depth"|"model"} group @returns {Record<string, any>} */
export function chosenSettings(group) {
  const chosen = {};
  for (const input of byId("settings").querySelectorAll(`[data-group="${group}"]`)) {
    const isNumber = input.type === "range" || input.type === "number";
    if (isNumber && Number.isNaN(input.valueAsNumber)) continue;
    chosen[input.name] = isNumber ? input.valueAsNumber : input.value;
  }
  return chosen;
}

/** Show these settings, such as those that a job was made with. @param {Record<string, Record<string, any>>} settings */
export function showSettings(settings) {
  for (const input of byId("settings").querySelectorAll("[data-group]")) {
    const value = settings[input.dataset.group]?.[input.name];
    if (value === undefined) continue;
    input.value = value ?? "";
    input.dispatchEvent(new Event("input"));
  }
}

/** False where a field holds what is not allowed; the browser then says so beside it. */
export const settingsAreValid = () => byId("settings").reportValidity();
