// The options of a capture.
import { badValue } from '../errors.ts';
import { checkOptions } from '../layout/option-names.ts';
import { oneOf } from '../layout/schema.ts';
import type { CaptureProgress } from './counter.ts';
import { CAPTURE_METHODS, type CaptureMethod } from './recorder.ts';

/** Options of `capture`. */
export interface CaptureOptions {
  /**
   * The processes to follow, with their threads and children. Default: all, or with `command` only
   * that program.
   */
  readonly pids?: readonly number[] | undefined;
  /** A program to start and to follow, with its arguments. The capture ends when it exits. */
  readonly command?: readonly string[] | undefined;
  /** The capture method. Default: `auto`, the best that works here. */
  readonly method?: CaptureMethod | 'auto' | undefined;
  /** When the capture ends, in ms, if nothing ends it before: from 1 to 2^40. */
  readonly durationMs?: number | undefined;
  /** Memory of the kernel's buffer per CPU, from 4 KiB to 4 GiB. Default: 8 MiB. Not for `ring`. */
  readonly bufferBytes?: number | undefined;
  /** Submissions per call that `uprobe` reads, from 1 to 128. Default: 8. */
  readonly slots?: number | undefined;
  /** Conditions on submissions, as for `open`. Completions of others are dropped. */
  readonly where?: string | readonly string[] | undefined;
  /** Called about twice per second. */
  readonly onProgress?: ((progress: CaptureProgress) => void) | undefined;
}

const NAMES = [
  'pids:number[]',
  'command:string[]',
  'method',
  'durationMs:number',
  'bufferBytes:number',
  'slots:number',
  'where:string|string[]',
  'onProgress:function',
] as const;

export const BUFFER_BYTES = 8 * 2 ** 20;
export const SLOTS = 8;
const SLOTS_MAX = 128;
const whole = (name: string, value: number | undefined, least: number, most: number): void => {
  if (value === undefined) return;
  if (!Number.isInteger(value) || value < least || value > most)
    throw badValue(name, value, `it must be a whole number from ${least} to ${most}`);
};

/** @throws AioscopeError `AIOSCOPE_OPTION` for an invalid option */
export function checkCaptureOptions(options: CaptureOptions): void {
  checkOptions('capture', options, NAMES);
  const { method, pids = [], command, durationMs, bufferBytes, slots } = options;
  if (method !== undefined) oneOf('method', method, ['auto', ...CAPTURE_METHODS]);
  for (const pid of pids) whole('pids', pid, 1, 2 ** 22);
  whole('durationMs', durationMs, 1, 2 ** 40);
  whole('bufferBytes', bufferBytes, 4096, 2 ** 32);
  whole('slots', slots, 1, SLOTS_MAX);
  if (command?.length === 0) throw badValue('command', '', 'it must not be empty');
}
