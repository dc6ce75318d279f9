/** The tasks, in the order in which they are measured. */
export const BENCH_TASKS = ['views', 'owned', 'statistics', 'records'] as const;

/** `views`: columns in the reader's memory; `owned`: columns that stay; `statistics`: exact minimum, maximum and sum of every column; `records`: each as an object. */
export type BenchTaskName = (typeof BENCH_TASKS)[number];
