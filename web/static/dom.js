/** Short forms for what the page does with its elements, and for numbers as people read them. */

/**
 * The element with that id.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id @param {new () => T} [type] what it has to be @throws {Error} the page has none
 */
export function byId(id, type = /** @type {new () => T} */ (HTMLElement)) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} with the id ${id}`);
  return found;
}

/** A button of the page. @param {string} id */
export const button = (id) => byId(id, HTMLButtonElement);

/**
 * Make an element.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {Record<string, unknown>} [properties] @param {...(Node|string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

/** What the page calls the result of a stage: the title of its panel. @param {Stage} stage */
export const stageTitle = (stage) => byId(`${stage}-title`).textContent ?? stage;

/** "1.4 MB" @param {number} bytes */
export function bytesText(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${Math.round(bytes / 1000)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** "20 s", no finer than such a guess can be. @param {number} seconds */
export function aboutText(seconds) {
  if (seconds < 1.5) return "a second";
  if (seconds < 10) return `${Math.round(seconds)} s`;
  if (seconds < 50) return `${5 * Math.round(seconds / 5)} s`;
  if (seconds < 90) return "a minute";
  return `${Math.round(seconds / 60)} min`;
}

/** "about 20 s left" @param {number} seconds negative: it takes longer than was expected */
export const leftText = (seconds) => (seconds < -2 ? "longer than expected" : `about ${aboutText(seconds)} left`);

/** "Wed 13:15", the same whatever the visitor's clock says now. @param {string} time */
export const timeText = (time) =>
  new Date(time).toLocaleString([], { weekday: "short", hour: "2-digit", minute: "2-digit" });

/** "42 %" @param {number} fraction */
export const percentText = (fraction) => `${Math.round(100 * fraction)} %`;

/** The words of an error for a person. @param {unknown} error */
export const errorText = (error) => (error instanceof Error ? error.message : String(error));

/** Tell a screen reader. @param {string} text */
export function announce(text) {
  const live = byId("live");
  if (live.textContent !== text) live.textContent = text;
}
