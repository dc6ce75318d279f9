// Are the page's colors told apart by everybody, and words read on every ground?
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { contrast, type Rgb, ramp, shadeOf, toOklab } from '../src/page/charts/ramp.ts';
import { simulated } from './support/color-vision.ts';

const css = readFileSync(new URL('../src/page/style.css', import.meta.url), 'utf8');
const rgb = (hex: string): Rgb => {
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  return [red, green, blue];
};
const variables = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(
    ([, name, light, dark]) => [name, { light: rgb(light), dark: rgb(dark) }] as const,
  ),
);
const colorOf = (name: string, theme: 'light' | 'dark'): Rgb => {
  const pair = variables.get(name);
  if (pair === undefined) throw new Error(`style.css has no --${name}`);
  return pair[theme];
};
const distance = (a: Rgb, b: Rgb): number => {
  const other = toOklab(b);
  return Math.hypot(...toOklab(a).map((value, i) => value - other[i]));
};

describe.each(['light', 'dark'] as const)('colors, %s', (theme) => {
  test('words have a contrast of 4.5 on every ground', () => {
    const words = ['ink', 'dim', 'accent', 'read', 'write', 'other', 'good', 'warning', 'error'];
    for (const name of words)
      for (const ground of ['page', 'card'])
        expect(contrast(colorOf(name, theme), colorOf(ground, theme)), name).toBeGreaterThan(4.5);
    for (const ground of ['accent-soft', 'raised', 'mark-a', 'mark-b'])
      expect(contrast(colorOf('ink', theme), colorOf(ground, theme)), ground).toBeGreaterThan(4.5);
    for (const ground of ['accent-soft', 'raised'])
      expect(contrast(colorOf('dim', theme), colorOf(ground, theme)), ground).toBeGreaterThan(4.5);
    expect(contrast(colorOf('on-accent', theme), colorOf('accent', theme))).toBeGreaterThan(4.5);
  });

  test('graphics and borders of controls have a contrast of 3', () => {
    for (const name of ['read', 'write', 'other', 'done', 'bad', 'edge', 'accent'])
      for (const ground of ['page', 'card'])
        expect(contrast(colorOf(name, theme), colorOf(ground, theme)), name).toBeGreaterThan(3);
  });

  test('series are told apart with every kind of color vision', () => {
    const names = ['read', 'write', 'other', 'done', 'bad'];
    for (const [i, a] of names.entries())
      for (const b of names.slice(i + 1))
        for (const cone of [undefined, 'long', 'medium', 'short'] as const) {
          const [one, other] = [a, b].map((name) => simulated(colorOf(name, theme), cone));
          expect(distance(one, other), `${a}, ${b}, ${cone}`).toBeGreaterThan(0.1);
        }
  });

  test('the ramp goes one way in lightness, in even steps, away from the ground', () => {
    const colors = ramp(64, theme);
    const lightness = colors.map((color) => toOklab(color)[0]);
    const sign = theme === 'light' ? -1 : 1;
    const steps = colors.slice(1).map((color, i) => distance(color, colors[i]));
    const mean = steps.reduce((sum, step) => sum + step, 0) / steps.length;
    for (const [i, step] of steps.entries()) {
      expect(sign * (lightness[i + 1] - lightness[i])).toBeGreaterThan(0);
      // Bytes round what is even.
      expect(Math.abs(step - mean) / mean).toBeLessThan(0.5);
    }
    expect(contrast(colors[0], colorOf('card', theme))).toBeGreaterThan(1.3);
    expect(contrast(colors[63], colorOf('card', theme))).toBeGreaterThan(10);
    for (const cone of ['long', 'medium', 'short'] as const) {
      const seen = colors.map((color) => toOklab(simulated(color, cone))[0]);
      for (let i = 1; i < seen.length; i++)
        expect(sign * (seen[i] - seen[i - 1])).toBeGreaterThan(0);
    }
  });
});

test('shades follow the logarithm: one is the least, the most is the last', () => {
  expect(shadeOf(1000, 1000, 64)).toBe(63);
  expect(shadeOf(1, 1, 64)).toBe(63);
  const shades = [1, 10, 100, 1000].map((count) => shadeOf(count, 1000, 64));
  expect(shades).toEqual([...shades].sort((a, b) => a - b));
  expect(new Set(shades).size).toBe(4);
});
