import { addVolume } from '../../engine/js-streams.ts';
import { fieldPlacer, VOLUME } from '../../engine/stream-state.ts';
import type { StateOf } from '../summary/state.ts';
import type { SubmissionBlock } from './block.ts';
import { type AxisJson, type Counters, FoldAxis } from './fold-axis.ts';
import type { GridJson } from './fold-grid.ts';
import { type DescriptorOffsetsJson, OffsetMaps } from './offset-maps.ts';
import { plainKind, WRITE, WRITEV } from './request-kind.ts';
import type { RequestGroup, Requests } from './requests.ts';
import { bytesIn } from './stream.ts';
import type { Owner, StreamJson } from './stream-json.ts';

/** Submissions over time, or over their index if records have no time. One entry per bin. */
export interface SubmissionChartsJson {
  axis: AxisJson;
  /** PREAD and PREADV. */
  reads: number[];
  /** PWRITE and PWRITEV. */
  writes: number[];
  /** PREADV, also counted in `reads`: records lack its bytes. */
  readVectors: number[];
  /** PWRITEV, also counted in `writes`: records lack its bytes. */
  writeVectors: number[];
  /** Opcodes that move no data. */
  others: number[];
  /** Bytes that PREAD requested. */
  readBytes: string[];
  /** Bytes that PWRITE requested. */
  writeBytes: string[];
  /** Offsets of submissions to all descriptors. */
  offsets: GridJson;
  /** The same of the four descriptors with the most reads and writes, the busiest first. */
  descriptors: DescriptorOffsetsJson[];
}

const field = fieldPlacer();
/** The counters of a bin. */
const AT = {
  reads: field(VOLUME),
  writes: field(VOLUME),
  readVectors: field(),
  writeVectors: field(),
  others: field(),
  end: field(0),
};
/** The first counter of each kind. */
const counterOf = Uint8Array.of(
  ...[AT.reads, AT.writes, AT.readVectors, AT.writeVectors, AT.others, AT.others],
);

/** The sum of the numbers of a list from `begin` to `end`. */
function sumOf(list: Uint32Array, begin: number, end: number): number {
  let sum = 0;
  for (let i = begin; i < end; i++) sum += list[i];
  return sum;
}

type TakePart = (group: RequestGroup, begin: number, end: number, slot: number) => void;

/** Calls back for each part of a group whose rows are in one bin: mostly, all of a block are. */
function eachPart(
  { groups, grouped }: Requests,
  slots: Uint16Array | number,
  take: TakePart,
): void {
  const { rows } = grouped;
  for (const group of groups) {
    if (typeof slots === 'number') {
      take(group, group.begin, group.end, slots);
      continue;
    }
    for (let begin = group.begin; begin < group.end; ) {
      const slot = slots[rows[begin]];
      let end = begin + 1;
      while (end < group.end && slots[rows[end]] === slot) end += 1;
      take(group, begin, end, slot);
      begin = end;
    }
  }
}

const both = (a: readonly number[], b: readonly number[]): number[] =>
  a.map((count, i) => count + b[i]);

/** Descriptors that have a map of their own. */
const BUSIEST = 4;

/** Returns the descriptors with the most reads and writes, the busiest first. */
export function busiestOf(streams: readonly StreamJson[]): Owner[] {
  const byKey = new Map<string, Owner & { requests: number }>();
  for (const { pid, program, fd, requests } of streams) {
    const key = `${pid} ${fd}`;
    const known = byKey.get(key) ?? { pid, program, fd, requests: 0 };
    byKey.set(key, { ...known, requests: known.requests + requests });
  }
  return [...byKey.values()].sort((a, b) => b.requests - a.requests).slice(0, BUSIEST);
}

/** Charts over one axis. */
export class SubmissionCharts {
  readonly axis: FoldAxis;
  readonly counters: Counters;
  readonly maps: OffsetMaps;

  constructor(unit: AxisJson['unit']) {
    this.axis = new FoldAxis(unit);
    this.counters = this.axis.counters(AT.end);
    this.maps = new OffsetMaps(this.axis);
  }

  add(block: SubmissionBlock): void {
    if (block.count === 0) return;
    const { axis } = this;
    const slot = axis.slotOf(block);
    const { values } = this.counters;
    eachPart(block.requests, slot < 0 ? axis.slotsOf(block) : slot, (group, begin, end, at) => {
      const kind = plainKind(group.kind);
      const counter = at * AT.end + counterOf[kind];
      const count = end - begin;
      if (kind > WRITE) values[counter] += count;
      else {
        const isWhole = count === group.count;
        const bytes = isWhole ? group.bytes : sumOf(block.requests.grouped.lengths, begin, end);
        addVolume(values, counter, count, bytes);
      }
      if (group.kind <= WRITEV) this.maps.add(block.requests, group, begin, end, at);
    });
  }

  merge(charts: StateOf<SubmissionCharts>): void {
    this.axis.merge(charts.axis, [
      [this.counters, charts.counters],
      ...this.maps.join(charts.maps),
    ]);
  }

  /** Returns the charts; `busiest` are the descriptors with the most reads and writes. */
  toJSON(busiest: readonly Owner[]): SubmissionChartsJson | undefined {
    const [begin, end] = this.axis.used;
    if (begin === end) return undefined;
    const { values } = this.counters;
    const list = (counter: number) => this.axis.listOf(this.counters, counter);
    const bytes = (volume: number) =>
      Array.from({ length: end - begin }, (_, i) =>
        bytesIn(values, (begin + i) * AT.end + volume).toString(),
      );
    return {
      axis: this.axis.toJSON(),
      reads: both(list(AT.reads), list(AT.readVectors)),
      writes: both(list(AT.writes), list(AT.writeVectors)),
      readVectors: list(AT.readVectors),
      writeVectors: list(AT.writeVectors),
      others: list(AT.others),
      readBytes: bytes(AT.reads),
      writeBytes: bytes(AT.writes),
      offsets: this.maps.all(),
      descriptors: busiest.map(({ pid, program, fd }) => {
        const offsets = this.maps.of(pid ?? 0, fd >>> 0);
        return { pid, program, fd, ...(offsets && { offsets }) };
      }),
    };
  }
}
