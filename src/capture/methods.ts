// The capture methods on this machine: which work, and how each is started.
import { readFileSync } from 'node:fs';
import { AioscopeError } from '../errors.ts';
import { checkArgument } from '../layout/option-names.ts';
import { bpftraceLacks } from './bpftrace/bpftrace-lacks.ts';
import { BpftraceRecorder } from './bpftrace/bpftrace-recorder.ts';
import { kernelOffsets } from './btf.ts';
import { findLibaio } from './libaio.ts';
import { kprobePlan, uprobePlan } from './probes.ts';
import {
  CAPTURE_METHODS,
  type CaptureLack,
  type CaptureMethod,
  type Recorder,
  type RecorderContext,
} from './recorder.ts';
import { ringLacks } from './ring/ring-lacks.ts';
import { RingRecorder } from './ring/ring-recorder.ts';
import { KERNEL_BTF, kprobeLacks, uprobeLacks } from './tracefs-lacks.ts';
import { TracefsRecorder } from './tracefs-recorder.ts';

/** Whether a capture method works on this machine. */
export interface MethodCheck {
  readonly method: CaptureMethod;
  /** What it records. */
  readonly records: string;
  /** What this machine lacks for it; empty if it works. */
  readonly lacks: readonly CaptureLack[];
}

const RECORDS: Readonly<Record<CaptureMethod, string>> = {
  kprobe: 'submissions, refused submissions, completions with kernel timestamps, system calls',
  bpftrace: 'submissions, refused submissions, completions when they are reaped, system calls',
  uprobe: 'submissions by libaio, refused submissions, system calls; no completions',
  ring: 'some completions: those that are in the ring when it is polled (sampling)',
};

const LACKS: Readonly<Record<CaptureMethod, (roots: readonly number[]) => CaptureLack[]>> = {
  kprobe: kprobeLacks,
  bpftrace: bpftraceLacks,
  uprobe: uprobeLacks,
  ring: ringLacks,
};

/**
 * Checks which capture methods work on this machine, the best first: whether what they need is
 * there. Nothing is started.
 *
 * @param pids - processes to capture; `ring` also checks that their memory is readable
 * @throws AioscopeError `AIOSCOPE_OPTION` if the argument is not an array of numbers
 */
export function checkCapture(pids: readonly number[] = []): MethodCheck[] {
  checkArgument('pids', pids, 'number[]');
  return CAPTURE_METHODS.map((method) => ({
    method,
    records: RECORDS[method],
    lacks: LACKS[method](pids),
  }));
}

/** What a method lacks, and what fixes it. */
const lackText = ({ what, fix }: CaptureLack): string => (fix === null ? what : `${what} (${fix})`);

/**
 * Chooses the best method that works here, or the one that is given.
 *
 * @throws AioscopeError `AIOSCOPE_CAPTURE` if it does not work, or none does
 */
export function chooseMethod(
  given: CaptureMethod | 'auto',
  roots: readonly number[],
): CaptureMethod {
  const wanted = given === 'auto' ? CAPTURE_METHODS : [given];
  const lacking: string[] = [];
  for (const method of wanted) {
    const lacks = LACKS[method](roots);
    if (lacks.length === 0) return method;
    const text = lacks.map(lackText).join('; ');
    lacking.push(given === 'auto' ? `${method}: ${text}` : text);
  }
  const what = given === 'auto' ? 'no capture method works here' : `${given} does not work here`;
  throw new AioscopeError('AIOSCOPE_CAPTURE', `${what}: ${lacking.join('; ')}`);
}

/** Makes the recorder of a method. */
export function recorderOf(method: CaptureMethod, context: RecorderContext): Recorder {
  if (method === 'kprobe')
    return new TracefsRecorder(
      kprobePlan(kernelOffsets(readFileSync(KERNEL_BTF), KERNEL_BTF)),
      context,
    );
  if (method === 'bpftrace') return new BpftraceRecorder(context);
  if (method === 'ring') return new RingRecorder(context);
  return new TracefsRecorder(uprobePlan(findLibaio(), context.slots), context);
}
