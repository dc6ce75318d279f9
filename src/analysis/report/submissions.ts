import { IOCB_FLAG_RESFD } from '../../abi/flag.ts';
import { opcodeName } from '../../abi/name.ts';
import { OPCODES } from '../../abi/opcode.ts';
import { Alignment, type AlignmentJson } from './alignment.ts';
import { addGaps, pidsOf, READ, type SubmissionBlock, WRITE } from './block.ts';
import { CallGaps } from './call-gaps.ts';
import { type DistinctJson, DistinctPairs, DistinctSample } from './distinct.ts';
import type { FlushJson } from './flush.ts';
import { type AxisJson, type Counters, FoldAxis } from './fold-axis.ts';
import { type GridJson, OffsetMap } from './fold-grid.ts';
import { type PollJson, PollMasks } from './poll.ts';
import type { ProcessCountJson } from './process-counts.ts';
import { SubmissionSizes, type SubmissionSizesJson } from './sizes.ts';
import { addVolume, bytesIn, fieldPlacer, VOLUME } from './stream.ts';
import type { PatternsJson } from './stream-json.ts';
import { Streams } from './streams.ts';
import { WorkingSet, type WorkingSetJson } from './working-set.ts';

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
}

/** The submissions of a report. */
export interface SubmissionsJson {
  records: number;
  /** By process, of the 4,096 smallest pids; `otherProcesses` has the rest, if there is any. */
  byProcess: ProcessCountJson[];
  otherProcesses?: Omit<ProcessCountJson, 'pid'>;
  /** By opcode; all that Linux does not know are in the last, without a name. */
  opcodes: { opcode: number; name: string | null; requests: number }[];
  patterns: PatternsJson;
  /** Writes between flushes, by flushed descriptor. */
  flushes: FlushJson[];
  sizes: SubmissionSizesJson;
  alignment: AlignmentJson;
  /** `time` is present if records had a time, `index` if records had none. */
  charts: { time?: SubmissionChartsJson; index?: SubmissionChartsJson };
  distinct: {
    /** Descriptors, by process. */
    fds: DistinctJson;
    /** Addresses of iocbs; present if the envelope has `addr`. */
    addresses?: DistinctJson;
    blocks: WorkingSetJson;
  };
  /** Submissions with IOCB_FLAG_RESFD, and the eventfds in them. */
  eventfd: { requests: number; eventfds: DistinctJson };
  poll?: PollJson;
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

const both = (a: readonly number[], b: readonly number[]): number[] =>
  a.map((count, i) => count + b[i]);

/** Charts over one axis. */
class SubmissionCharts {
  readonly axis: FoldAxis;
  readonly #counters: Counters;
  readonly #map: OffsetMap;

  constructor(unit: AxisJson['unit']) {
    this.axis = new FoldAxis(unit);
    this.#counters = this.axis.counters(AT.end);
    this.#map = new OffsetMap(this.axis);
  }

  add(block: SubmissionBlock): void {
    const { count, kinds, lengths, offsets } = block;
    const slots = this.axis.slotsOf(block);
    const { values } = this.#counters;
    let slot = count === 0 ? 0 : slots[0];
    let [reads, readBytes, writes, writeBytes] = [0, 0, 0, 0];
    // Consecutive submissions mostly share a bin: their sum, exact as a double, is added once.
    for (let i = 0; i < count; i++) {
      if (slots[i] !== slot) {
        addVolume(values, slot * AT.end + AT.reads, reads, readBytes);
        addVolume(values, slot * AT.end + AT.writes, writes, writeBytes);
        slot = slots[i];
        reads = readBytes = writes = writeBytes = 0;
      }
      if (kinds[i] === READ) {
        reads += 1;
        readBytes += lengths[i];
      } else if (kinds[i] === WRITE) {
        writes += 1;
        writeBytes += lengths[i];
      } else values[slot * AT.end + counterOf[kinds[i]]] += 1;
    }
    addVolume(values, slot * AT.end + AT.reads, reads, readBytes);
    addVolume(values, slot * AT.end + AT.writes, writes, writeBytes);
    this.#map.add(slots, offsets, count);
  }

  merge(charts: SubmissionCharts): void {
    this.#map.align(charts.#map);
    this.axis.merge(charts.axis);
  }

  toJSON(): SubmissionChartsJson | undefined {
    const [begin, end] = this.axis.used;
    if (begin === end) return undefined;
    const { values } = this.#counters;
    const list = (counter: number) => this.axis.listOf(this.#counters, counter);
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
      offsets: this.#map.toJSON(),
    };
  }
}

/** Counts submissions. Parts of a capture merge in order. */
export class SubmissionReport {
  records = 0;
  /** Public for matching, which adds the bits that fired. */
  readonly poll = new PollMasks();
  /** The gaps between the records of each thread. */
  readonly gaps = new CallGaps();
  readonly #streams = new Streams();
  readonly #sizes = new SubmissionSizes();
  readonly #alignment = new Alignment();
  readonly #time = new SubmissionCharts('ns');
  readonly #index = new SubmissionCharts('record');
  readonly #fds = new DistinctPairs();
  readonly #addresses = new DistinctSample();
  readonly #eventfds = new DistinctPairs();
  readonly #blocks = new WorkingSet();
  /** By opcode; the last counts all that Linux does not know. */
  readonly #opcodes = new Float64Array(OPCODES.length + 1);
  #hasAddresses = false;
  #resfd = 0;

  add(block: SubmissionBlock): void {
    this.#streams.add(block);
    this.#sizes.add(block);
    this.#alignment.add(block);
    (block.ts === undefined ? this.#index : this.#time).add(block);
    this.#blocks.add(block);
    addGaps(this.gaps, block);
    this.poll.add(block);
    this.#countDistinct(block);
    this.records += block.count;
  }

  merge(report: SubmissionReport): void {
    this.records += report.records;
    this.poll.merge(report.poll);
    this.#streams.merge(report.#streams);
    this.#sizes.merge(report.#sizes);
    this.#alignment.merge(report.#alignment);
    this.#time.merge(report.#time);
    this.#index.merge(report.#index);
    this.#fds.merge(report.#fds);
    this.#addresses.merge(report.#addresses);
    this.#eventfds.merge(report.#eventfds);
    this.#blocks.merge(report.#blocks);
    this.gaps.merge(report.gaps);
    this.#hasAddresses ||= report.#hasAddresses;
    this.#resfd += report.#resfd;
    for (let i = 0; i < this.#opcodes.length; i++) this.#opcodes[i] += report.#opcodes[i];
  }

  toJSON(): Omit<SubmissionsJson, 'byProcess' | 'otherProcesses'> {
    const [time, index, poll] = [this.#time.toJSON(), this.#index.toJSON(), this.poll.toJSON()];
    return {
      records: this.records,
      opcodes: this.#opcodesJson(),
      patterns: this.#streams.toJSON(),
      flushes: this.#streams.flushes(),
      sizes: this.#sizes.toJSON(),
      alignment: this.#alignment.toJSON(),
      charts: { ...(time && { time }), ...(index && { index }) },
      distinct: {
        fds: this.#fds.toJSON(),
        ...(this.#hasAddresses && { addresses: this.#addresses.toJSON() }),
        blocks: this.#blocks.toJSON(),
      },
      eventfd: { requests: this.#resfd, eventfds: this.#eventfds.toJSON() },
      ...(poll && { poll }),
    };
  }

  #opcodesJson(): SubmissionsJson['opcodes'] {
    return [...this.#opcodes].flatMap((requests, opcode) =>
      requests === 0 ? [] : [{ opcode, name: opcodeName(opcode), requests }],
    );
  }

  #countDistinct(block: SubmissionBlock): void {
    const { count, fd, flags, resfd, addr, opcode } = block;
    const pids = pidsOf(block);
    const opcodes = this.#opcodes;
    for (let i = 0; i < count; i++) opcodes[Math.min(opcode[i], OPCODES.length)] += 1;
    for (let i = 0; i < count; i++) {
      if (i === 0 || fd[i] !== fd[i - 1] || pids[i] !== pids[i - 1]) this.#fds.add(pids[i], fd[i]);
      if ((flags[i] & IOCB_FLAG_RESFD) === 0) continue;
      this.#resfd += 1;
      this.#eventfds.add(pids[i], resfd[i]);
    }
    if (addr === undefined) return;
    this.#hasAddresses = true;
    for (let i = 0; i < count; i++)
      this.#addresses.add(pids[i] | 0, 0, addr[2 * i] | 0, addr[2 * i + 1] | 0, 1, 0);
  }
}
