/** The expressions that a person can try on a head, each of one slider, and a short loop through them. */

/** By slider: its word, and how strongly it moves each expression of the head. @type {Record<string, Expression>} */
export const EXPRESSIONS = {
  blink: { word: "Blink", moves: { eyeBlinkLeft: 1, eyeBlinkRight: 1 } },
  smile: {
    word: "Smile",
    moves: { mouthSmileLeft: 1, mouthSmileRight: 1, cheekSquintLeft: 0.5, cheekSquintRight: 0.5 },
  },
  jaw: { word: "Jaw", moves: { jawOpen: 1 } },
};

export const LOOP_MS = 5000;
/** When each slider rises from 0, is at its highest, begins to fall, and is at 0 again, in ms, and how high. */
const LOOP = [
  { slider: "blink", times: [200, 320, 380, 560], height: 1 },
  { slider: "smile", times: [700, 1300, 2300, 2900], height: 1 },
  { slider: "jaw", times: [2800, 3400, 3800, 4400], height: 0.8 },
  { slider: "blink", times: [4400, 4520, 4580, 4760], height: 1 },
];

/** Smoothly from 0 to 1. @param {number} share of the way */
function eased(share) {
  const inside = Math.min(1, Math.max(0, share));
  return inside * inside * (3 - 2 * inside);
}

/** Where the sliders are at a time of the loop. @param {number} ms @returns {Record<string, number>} */
export function loopAt(ms) {
  const sliders = Object.fromEntries(Object.keys(EXPRESSIONS).map((name) => [name, 0]));
  for (const { slider, times, height } of LOOP) {
    const [from, high, low, to] = times;
    sliders[slider] += height * Math.min(eased((ms - from) / (high - from)), eased((to - ms) / (to - low)));
  }
  return sliders;
}

/** The weights with some sliders moved. @param {Weights} weights @param {Record<string, number>} sliders 0 to 1 */
export function withSliders(weights, sliders) {
  const changed = { ...weights };
  for (const [name, value] of Object.entries(sliders)) {
    for (const [move, strength] of Object.entries(EXPRESSIONS[name].moves)) changed[move] = value * strength;
  }
  return changed;
}

/** Where a slider is under some weights. @param {Weights} weights @param {string} slider */
export function sliderAt(weights, slider) {
  const moves = Object.entries(EXPRESSIONS[slider].moves).filter(([, strength]) => strength === 1);
  return moves.reduce((sum, [name]) => sum + (weights[name] ?? 0), 0) / moves.length;
}
