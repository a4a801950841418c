/** How a cloud is shown: what can be chosen, and its text for a link. */

/**
 * How a cloud is shown.
 * @typedef {object} Appearance
 * @property {"points"|"surface"} mode
 * @property {"grayscale"|"photo"|"confidence"} color
 * @property {number} size  side of a point; 1: neighbours touch when the whole face is seen
 * @property {number} light direction of the light, degrees from the eye; negative: from the left
 */

/** @type {Appearance} */
export const DEFAULTS = { mode: "points", color: "grayscale", size: 1.35, light: -35 };

/** Values and their words. */
export const CHOICES = {
  mode: { points: "Points", surface: "Surface" },
  color: { grayscale: "Grayscale", photo: "Photo", confidence: "Confidence" },
};

export const RANGES = {
  size: { min: 0.25, max: 3, step: 0.05 },
  light: { min: -80, max: 80, step: 1 },
};

/** "mode,color,size,light" @param {Appearance} appearance */
export const appearanceToText = ({ mode, color, size, light }) => [mode, color, size, light].join(",");

/** What of a text is valid. @param {string} text @returns {Partial<Appearance>} */
export function appearanceFromText(text) {
  const [mode, color, size, light] = text.split(",");
  const within = (/** @type {string|undefined} */ value, /** @type {{ min: number, max: number }} */ { min, max }) =>
    Boolean(value) && Number(value) >= min && Number(value) <= max;
  return {
    ...(Object.hasOwn(CHOICES.mode, mode) && { mode: /** @type {Appearance["mode"]} */ (mode) }),
    ...(Object.hasOwn(CHOICES.color, color) && { color: /** @type {Appearance["color"]} */ (color) }),
    ...(within(size, RANGES.size) && { size: Number(size) }),
    ...(within(light, RANGES.light) && { light: Number(light) }),
  };
}
