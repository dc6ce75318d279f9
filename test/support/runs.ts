// How many random inputs a property is tried on: AIOSCOPE_RUNS=10 tries ten times as many.
const TIMES = Number(process.env['AIOSCOPE_RUNS'] || 1);

export const runs = (count: number): number => Math.ceil(count * TIMES);
