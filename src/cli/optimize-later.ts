// When V8 optimizes a function.

/**
 * By version of Node: has V8 run a function eight times as long as by default before it optimizes
 * it. A command over small files ends before most of what is optimized has paid. Other versions may
 * not know these flags.
 */
const FLAGS: Readonly<Record<string, string>> = {
  20: '--interrupt-budget=540672',
  22: '--invocation-count-for-turbofan=24000',
  24: '--invocation-count-for-turbofan=24000',
};

/** Has V8 optimize later, where it is known how. `setFlags` is that of `node:v8`. */
export function optimizeLater(
  setFlags: (flags: string) => void,
  { node, bun, deno }: NodeJS.ProcessVersions,
): void {
  const flags = FLAGS[Number.parseInt(node, 10)];
  if (flags !== undefined && bun === undefined && deno === undefined) setFlags(flags);
}
