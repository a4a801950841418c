/** The settings form, built from the JSON Schema that the API validates with. */

import { BASE, getJson } from "./api.js";
import { byId, make, stageTitle } from "./dom.js";
import { inFragment } from "./fragment.js";

/** @typedef {"depth"|"model"} Group stage that takes the settings */
/** @typedef {import("./api.js").Settings} Settings */
/** @typedef {HTMLInputElement|HTMLSelectElement} Control */
/** @typedef {{ name: string, ready: boolean, title?: string, unit?: string }} DepthModel */

/**
 * A setting in JSON Schema.
 * @typedef {object} Schema
 * @property {string} title @property {string} [description] @property {string} [type] @property {any} [default]
 * @property {number} [minimum] @property {number} [maximum] @property {number} [step] between two values of a slider
 * @property {string[]} [enum] @property {number} [maxLength] @property {Schema[]} [anyOf]
 */

/** @type {Group[]} */
const GROUPS = ["depth", "model"];
const KEPT = "settings";
const NUMBER = new Intl.NumberFormat("en");

/** The schema of a number, also of one that may be null. @param {Schema} schema */
function numeric(schema) {
  return [schema, ...(schema.anyOf ?? [])].find(({ type }) => type === "integer" || type === "number");
}

/** A choice of a few. @param {string[]} values @param {string[]} words @param {string} chosen */
function select(values, words, chosen) {
  const options = values.map((value, k) => make("option", { value, selected: value === chosen }, words[k]));
  return make("select", {}, ...options);
}

/** A choice of the depth models that are ready. @param {Schema} schema @param {DepthModel[]} models */
function modelSelect(schema, models) {
  const ready = models.filter((model) => model.ready);
  const words = ready.map(({ name, title, unit }) => [title ?? name, unit].filter(Boolean).join(", "));
  return select(["auto", ...ready.map(({ name }) => name)], ["Best that is ready", ...words], schema.default);
}

/** What a setting is chosen with. @param {Schema} schema @returns {Control} */
function control(schema) {
  if (schema.enum) {
    return select(schema.enum, schema.enum.map((word) => word[0].toUpperCase() + word.slice(1)), schema.default);
  }
  const range = numeric(schema);
  const bounds = { min: range?.minimum ?? "", max: range?.maximum ?? "", step: schema.step ?? "any" };
  if (range && schema.default !== null) return make("input", { type: "range", ...bounds, value: schema.default });
  if (range) return make("input", { type: "number", ...bounds, placeholder: "From the photo", inputMode: "decimal" });
  return make("input", { type: "text", value: schema.default ?? "", maxLength: schema.maxLength ?? 200 });
}

/**
 * A setting with label, value and help.
 * @param {Group} group @param {string} name @param {Schema} schema @param {Control} input
 */
function field(group, name, schema, input) {
  input.id = `${group}-${name}`;
  input.name = name;
  input.dataset.group = group;
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

/** The form. */
const form = () => byId("settings", HTMLFormElement);

/** Build the form; without it the page works with the server's defaults. @param {() => void} changed */
export async function buildSettings(changed) {
  const [options, { models }] = await Promise.all([getJson(`${BASE}/options`), getJson(`${BASE}/models`)]);
  const groups = GROUPS.map((group) => {
    /** @type {[string, Schema][]} */
    const schemas = Object.entries(options[group].properties);
    const fields = schemas.map(([name, schema]) =>
      field(group, name, schema, name === "model" ? modelSelect(schema, models) : control(schema)),
    );
    return make("fieldset", {}, make("legend", {}, stageTitle(group)), ...fields);
  });
  byId("settings-groups").replaceChildren(...groups);
  form().hidden = false;
  form().addEventListener("submit", (event) => event.preventDefault());
  showKeptSettings(null);
  form().addEventListener("input", () => {
    const now = { job: inFragment("job"), depth: chosenSettings("depth"), model: chosenSettings("model") };
    sessionStorage.setItem(KEPT, JSON.stringify(now));
    changed();
  });
}

/** Show what was chosen for a job, or for the next one, and not sent before a reload. @param {string|null} job */
export function showKeptSettings(job) {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
  if ((kept.job ?? null) === job) showSettings(kept);
}

/** Whether what is chosen for a stage is other than a job was made with. @param {Group} group @param {Settings} made */
export function settingsDiffer(group, made) {
  const chosen = chosenSettings(group);
  return Object.keys(made).some((name) => (chosen[name] ?? null) !== made[name]);
}

/** The fields of the form. @param {string} selector @returns {Iterable<Control>} */
const fields = (selector) => form().querySelectorAll(selector);

/** What is chosen for a stage; an empty number is left out. @param {Group} group @returns {Settings} */
export function chosenSettings(group) {
  /** @type {Settings} */
  const chosen = {};
  for (const input of fields(`[data-group="${group}"]`)) {
    if (input instanceof HTMLSelectElement || input.type === "text") chosen[input.name] = input.value;
    else if (!Number.isNaN(input.valueAsNumber)) chosen[input.name] = input.valueAsNumber;
  }
  return chosen;
}

/** Show these settings, such as those that a job was made with. @param {Partial<Record<Group, Settings>>} settings */
export function showSettings(settings) {
  for (const input of fields("[data-group]")) {
    const value = settings[/** @type {Group} */ (input.dataset.group)]?.[input.name];
    if (value === undefined) continue;
    input.value = String(value ?? "");
    input.dispatchEvent(new Event("input"));
  }
}

/** False where a field holds what is not allowed; the browser then says so beside it. */
export const settingsAreValid = () => form().reportValidity();
