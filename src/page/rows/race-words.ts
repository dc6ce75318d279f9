// What a race means, in sentences.
import { formatBytes, formatDuration, formatNumber, formatShare } from '../../words/format.ts';
import type { RaceRow } from '../session.ts';

/** Speeds closer than this are equal: the clock and the machine do not say more. */
const CLOSE = 0.05;

const fastest = (rows: readonly RaceRow[], role: RaceRow['role']): RaceRow | undefined =>
  rows
    .filter((row) => row.role === role)
    .reduce<RaceRow | undefined>(
      (best, row) => (best === undefined || row.bytesPerSecond > best.bytesPerSecond ? row : best),
      undefined,
    );

function comparison(wasm: RaceRow, plain: RaceRow): string {
  const ratio = wasm.bytesPerSecond / plain.bytesPerSecond;
  if (Math.abs(ratio - 1) <= CLOSE)
    return `Here WebAssembly and the best plain JavaScript (${plain.name}) are equally fast.`;
  if (ratio > 1)
    return (
      `Here WebAssembly decodes ${formatNumber(ratio)} times as fast as the best plain ` +
      `JavaScript (${plain.name}).`
    );
  return (
    `Here WebAssembly is slower: it reaches ${formatShare(ratio, 1)} of the speed of the best ` +
    `plain JavaScript (${plain.name}).`
  );
}

/** How the engine in use compares with plain JavaScript, and what that means for the whole file. */
export function raceWords(rows: readonly RaceRow[], fileBytes: number): string {
  const [wasm, js, plain] = (['wasm', 'js', 'plain'] as const).map((role) => fastest(rows, role));
  const used = wasm ?? js;
  if (used === undefined) return '';
  const ns = (1e9 * fileBytes) / used.bytesPerSecond;
  const whole =
    fileBytes > 0
      ? ` At ${formatNumber(used.bytesPerSecond / 1e9)} GB/s one core decodes all ` +
        `${formatBytes(fileBytes)} in ${formatDuration(ns)}; reading the file adds to that.`
      : '';
  if (wasm === undefined)
    return `WebAssembly is not available here, so only JavaScript was compared.${whole}`;
  return (plain === undefined ? '' : comparison(wasm, plain)) + whole;
}
