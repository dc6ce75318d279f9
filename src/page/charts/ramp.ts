// Colors by their lightness as eyes see it: the ramp of heat maps, and contrast. Knows no DOM.

export type Rgb = readonly [red: number, green: number, blue: number];

/** A color by lightness (0 … 1), chroma and hue (degrees) of OKLab. */
interface Lch {
  readonly lightness: number;
  readonly chroma: number;
  readonly hue: number;
}

const toLinear = (byte: number): number => {
  const part = byte / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
};
const fromLinear = (part: number): number =>
  part <= 0.0031308 ? part * 12.92 : 1.055 * part ** (1 / 2.4) - 0.055;

/** sRGB, each 0 … 255, in OKLab. */
export function toOklab(color: Rgb): readonly [lightness: number, a: number, b: number] {
  const [red, green, blue] = color.map(toLinear);
  const l = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const m = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const s = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** Linear sRGB of a color; parts are below 0 or above 1 where a screen cannot show it. */
function linearOf({ lightness, chroma, hue }: Lch): readonly number[] {
  const angle = (hue * Math.PI) / 180;
  const [a, b] = [chroma * Math.cos(angle), chroma * Math.sin(angle)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

/** The nearest color of less chroma that a screen can show. */
function shown(color: Lch): Rgb {
  let { chroma } = color;
  for (;;) {
    const parts = linearOf({ ...color, chroma });
    if (chroma <= 0 || parts.every((part) => part >= -1e-4 && part <= 1 + 1e-4)) {
      const bytes = parts.map((part) =>
        Math.round(255 * fromLinear(Math.min(1, Math.max(0, part)))),
      );
      return [bytes[0], bytes[1], bytes[2]];
    }
    chroma = Math.max(0, chroma - 0.002);
  }
}

/** The ends of the ramp: the least is near the background, but tells a single event from none. */
const ENDS: Readonly<Record<'light' | 'dark', readonly [least: Lch, most: Lch]>> = {
  light: [
    { lightness: 0.86, chroma: 0.09, hue: 190 },
    { lightness: 0.25, chroma: 0.13, hue: 295 },
  ],
  dark: [
    { lightness: 0.36, chroma: 0.14, hue: 285 },
    { lightness: 0.96, chroma: 0.12, hue: 105 },
  ],
};

const distance = (a: Rgb, b: Rgb): number => {
  const other = toOklab(b);
  return Math.hypot(...toOklab(a).map((value, i) => value - other[i]));
};

const SAMPLES = 512;

/** Colors from few to many, with equal steps between them as eyes see it. */
export function ramp(levels: number, theme: 'light' | 'dark'): Rgb[] {
  const [least, most] = ENDS[theme];
  const samples = Array.from({ length: SAMPLES + 1 }, (_, i) => {
    const mix = (a: number, b: number) => a + ((b - a) * i) / SAMPLES;
    return shown({
      lightness: mix(least.lightness, most.lightness),
      chroma: mix(least.chroma, most.chroma),
      hue: mix(least.hue, most.hue),
    });
  });
  const lengths = [0];
  for (let i = 1; i <= SAMPLES; i++)
    lengths.push(lengths[i - 1] + distance(samples[i - 1], samples[i]));
  let at = 0;
  return Array.from({ length: levels }, (_, level) => {
    const goal = (lengths[SAMPLES] * level) / Math.max(1, levels - 1);
    while (at < SAMPLES && lengths[at] < goal) at += 1;
    return samples[at];
  });
}

const luminance = (color: Rgb): number => {
  const [red, green, blue] = color.map(toLinear);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

/** The contrast of two colors as WCAG has it: 1 … 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [dark, bright] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (bright + 0.05) / (dark + 0.05);
}

/** The shade of a count: its logarithm on the way from 1 to the most. */
export const shadeOf = (count: number, most: number, levels: number): number =>
  most <= 1
    ? levels - 1
    : Math.min(levels - 1, Math.floor((Math.log1p(count) / Math.log1p(most)) * levels));
