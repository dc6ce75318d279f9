// How a color looks to eyes that lack a kind of cone.
import type { Rgb } from '../../src/page/charts/ramp.ts';

type Matrix = readonly (readonly number[])[];

/** Linear sRGB → what the long, medium and short cones take in (Hunt, Pointer and Estévez; D65). */
const CONES: Matrix = [
  [0.31399022, 0.63951294, 0.04649755],
  [0.15537241, 0.75789446, 0.08670142],
  [0.01775239, 0.10944209, 0.87256922],
];

function inverse([[a, b, c], [d, e, f], [g, h, i]]: Matrix): Matrix {
  const whole = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  return [
    [e * i - f * h, c * h - b * i, b * f - c * e],
    [f * g - d * i, a * i - c * g, c * d - a * f],
    [d * h - e * g, b * g - a * h, a * e - b * d],
  ].map((row) => row.map((value) => value / whole));
}

const times = (matrix: Matrix, vector: readonly number[]): number[] =>
  matrix.map((row) => row.reduce((sum, value, i) => sum + value * vector[i], 0));

const SCREEN = inverse(CONES);

const toLinear = (byte: number): number => {
  const part = byte / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
};
const toByte = (part: number): number => {
  const inside = Math.min(1, Math.max(0, part));
  return 255 * (inside <= 0.0031308 ? inside * 12.92 : 1.055 * inside ** (1 / 2.4) - 0.055);
};

/** The color as it is without a kind of cone: white, and blue or red, stay as they are. */
export function simulated(color: Rgb, lacking: 'long' | 'medium' | 'short' | undefined): Rgb {
  if (lacking === undefined) return color;
  const lost = { long: 0, medium: 1, short: 2 }[lacking];
  const [i, j] = [0, 1, 2].filter((cone) => cone !== lost);
  const white = times(CONES, [1, 1, 1]);
  const anchor = times(CONES, lacking === 'short' ? [1, 0, 0] : [0, 0, 1]);
  // What the lost cone takes in, as a sum of what the others do, is right for both of these.
  const whole = white[i] * anchor[j] - white[j] * anchor[i];
  const a = (white[lost] * anchor[j] - white[j] * anchor[lost]) / whole;
  const b = (white[i] * anchor[lost] - white[lost] * anchor[i]) / whole;
  const seen = times(CONES, color.map(toLinear));
  seen[lost] = a * seen[i] + b * seen[j];
  const [red, green, blue] = times(SCREEN, seen).map(toByte);
  return [red, green, blue];
}
