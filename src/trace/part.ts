import type { RecordKind } from '../abi/record.ts';
import { PRESETS } from '../layout/preset.ts';

/** The parts of a trace: streams of packed records, each a file. */
export type PartName = 'submissions' | 'completions' | 'refused' | 'calls';

/** What a part holds. */
export interface PartFormat {
  /** The name of its file in the trace. */
  readonly file: string;
  /** The record in each envelope; null of calls, which are envelopes only. */
  readonly kind: RecordKind | null;
  /** The field list. */
  readonly layout: string;
  /** Bytes of one record with its envelope. */
  readonly stride: number;
}

/**
 * The parts, in the order of the manifest. `refused` are submissions that the kernel refused, with
 * the negated errno in `ret`, or 0 if it is not known. Of calls, `ts` is 0 if their start is not
 * known, and `call` a number of `CALLS`.
 */
export const PARTS: Readonly<Record<PartName, PartFormat>> = {
  submissions: { file: 'submissions.iocb88', kind: 'iocb', layout: PRESETS.traced, stride: 88 },
  completions: { file: 'completions.ioev56', kind: 'io_event', layout: PRESETS.traced, stride: 56 },
  refused: {
    file: 'refused.bin',
    kind: 'iocb',
    layout: 'ts:u64,addr:u64,pid:u32,tid:u32,ctx:u64,ret:i32,pad:4,record',
    stride: 104,
  },
  calls: {
    file: 'calls.bin',
    kind: null,
    layout: 'ts:u64,end:u64,ctx:u64,pid:u32,tid:u32,call:u16,pad:2,nr:i32,ret:i64',
    stride: 48,
  },
};

/** The names of the parts, in order. */
export const PART_NAMES = Object.keys(PARTS) as readonly PartName[];

/** The name of the file that describes a trace. */
export const MANIFEST_FILE = 'capture.json';
