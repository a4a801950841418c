/** The settings form, built from the JSON Schema that the API validates with. */

import { BASE, getJson } from "./api.js";
import { byId, make, stageTitle } from "./dom.js";
import { inFragment } from "./fragment.js";

/** @typedef {HTMLInputElement|HTMLSelectElement} Control */

const STAGES = /** @type {const} */ (["depth", "model"]);
const KEPT = "settings";
const form = byId("settings", HTMLFormElement);
const NUMBER = new Intl.NumberFormat("en");

/** A choice of a few. @param {string[][]} choices value and words of each @param {string} chosen */
function select(choices, chosen) {
  const options = choices.map(([value, words]) => make("option", { value, selected: value === chosen }, words));
  return make("select", {}, ...options);
}

/** "Depth Anything V2 Large, relative, non-commercial" @param {DepthModel} model */
const modelText = ({ title, unit, non_commercial }) =>
  [title, unit, ...(non_commercial ? ["non-commercial"] : [])].join(", ");

/** A choice of the depth models that are ready. @param {Schema} schema @param {DepthModel[]} models */
function modelSelect(schema, models) {
  const ready = models.filter((model) => model.ready).map((model) => [model.name, modelText(model)]);
  return select([["auto", "Best that is ready"], ...ready], schema.default);
}

/** What a setting is chosen with. @param {Schema} schema @returns {Control} */
function control(schema) {
  const choices = schema.enum?.map((word) => [word, word[0].toUpperCase() + word.slice(1)]);
  if (choices) return select(choices, schema.default);
  const types = [schema, ...(schema.anyOf ?? [])]; // one that may be null has several
  const range = types.find(({ type }) => type === "integer" || type === "number");
  const bounds = { min: range?.minimum ?? "", max: range?.maximum ?? "", step: schema["x-step"] ?? "any" };
  if (range && schema.default !== null) return make("input", { type: "range", ...bounds, value: schema.default });
  if (range) return make("input", { type: "number", ...bounds, placeholder: "From the photo", inputMode: "decimal" });
  return make("input", { type: "text", value: schema.default ?? "", maxLength: schema.maxLength ?? 200 });
}

/**
 * A setting with label, value and help.
 * @param {Stage} stage @param {string} name @param {Schema} schema @param {Control} input
 */
function field(stage, name, schema, input) {
  input.id = `${stage}-${name}`;
  input.name = name;
  input.dataset.stage = stage;
  const top = make("div", { className: "field-top" }, make("label", { htmlFor: input.id }, schema.title));
  if (input instanceof HTMLInputElement && input.type === "range") {
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

/** Build the form; without it the page works with the server's defaults. @param {() => void} changed */
export async function buildSettings(changed) {
  const [options, { models }] = await Promise.all([getJson(`${BASE}/options`), getJson(`${BASE}/models`)]);
  const groups = STAGES.map((stage) => {
    /** @type {[string, Schema][]} */
    const schemas = Object.entries(options[stage].properties);
    const shown = schemas.filter(([, schema]) => !schema["x-hidden"]); // others are chosen elsewhere on the page
    const fields = shown.map(([name, schema]) =>
      field(stage, name, schema, name === "model" ? modelSelect(schema, models) : control(schema)),
    );
    return make("fieldset", {}, make("legend", {}, stageTitle(stage)), ...fields);
  });
  byId("settings-groups").replaceChildren(...groups);
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  showKeptSettings(null);
  form.addEventListener("input", () => {
    const now = { job: inFragment("job"), depth: chosenSettings("depth"), model: chosenSettings("model") };
    keep(now);
    changed();
  });
}

/** Keep what was chosen over a reload, where the browser lets the page keep anything. @param {object} chosen */
function keep(chosen) {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(chosen));
  } catch {} // it lets it not
}

/** What was kept. */
function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
  } catch {
    return {};
  }
}

/** Show what was chosen for a job, or for the next one, and not sent before a reload. @param {string|null} job */
export function showKeptSettings(job) {
  const chosen = kept();
  if ((chosen.job ?? null) === job) showSettings(chosen);
}

/** Whether what is chosen for a stage is other than a job was made with. @param {Stage} stage @param {Settings} made */
export const settingsDiffer = (stage, made) =>
  Object.entries(chosenSettings(stage)).some(([name, value]) => value !== made[name]);

/** The fields of the form. @param {string} selector @returns {Iterable<Control>} */
const fields = (selector) => form.querySelectorAll(selector);

/** What is chosen for a stage; null for an empty number. @param {Stage} stage */
export function chosenSettings(stage) {
  /** @type {Settings} */
  const chosen = {};
  for (const input of fields(`[data-stage="${stage}"]`)) {
    if (input instanceof HTMLSelectElement || input.type === "text") chosen[input.name] = input.value;
    else chosen[input.name] = Number.isNaN(input.valueAsNumber) ? null : input.valueAsNumber;
  }
  return chosen;
}

/** Show these settings, such as those that a job was made with. @param {Partial<Record<Stage, Settings>>} settings */
export function showSettings(settings) {
  for (const input of fields("[data-stage]")) {
    const value = settings[/** @type {Stage} */ (input.dataset.stage)]?.[input.name];
    if (value === undefined) continue;
    input.value = String(value ?? "");
    input.dispatchEvent(new Event("input"));
  }
}

/** False where a field holds what is not allowed; the browser then says so beside it. */
export const settingsAreValid = () => form.reportValidity();
