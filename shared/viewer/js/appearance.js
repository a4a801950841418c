/** How a cloud is shown: what can be chosen, and its text for a link. */

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
  const [mode, color, ...numbers] = text.split(",");
  const valid = [];
  if (Object.hasOwn(CHOICES.mode, mode)) valid.push(["mode", mode]);
  if (Object.hasOwn(CHOICES.color, color)) valid.push(["color", color]);
  for (const [index, [name, { min, max }]] of Object.entries(RANGES).entries()) {
    const value = Number(numbers[index] || NaN);
    if (value >= min && value <= max) valid.push([name, value]);
  }
  return Object.fromEntries(valid);
}
