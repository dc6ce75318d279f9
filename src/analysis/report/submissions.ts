import { IOCB_FLAG_RESFD } from '../../abi/flag.ts';
import { opcodeName } from '../../abi/name.ts';
import { OPCODES } from '../../abi/opcode.ts';
import { Alignment, type AlignmentJson } from './alignment.ts';
import { Batches, type BatchesJson } from './batches.ts';
import { pidsOf, READ, type SubmissionBlock, WRITE } from './block.ts';
import { type DistinctJson, DistinctPairs, DistinctSample } from './distinct.ts';
import type { FlushJson } from './flush.ts';
import { type AxisJson, FoldAxis } from './fold-axis.ts';
import { type GridJson, OffsetMap } from './fold-grid.ts';
import { type PollJson, PollMasks } from './poll.ts';
import { SubmissionSizes, type SubmissionSizesJson } from './sizes.ts';
import type { PatternsJson } from './stream-json.ts';
import { Streams } from './streams.ts';
import { WorkingSet, type WorkingSetJson } from './working-set.ts';

/** Submissions over time, or over their index where the records have no time. Every list has an entry a bin. */
export interface SubmissionChartsJson {
  axis: AxisJson;
  /** PREAD and PREADV. */
  reads: number[];
  /** PWRITE and PWRITEV. */
  writes: number[];
  /** PREADV and PWRITEV of these: their bytes are not in the records. */
  readVectors: number[];
  writeVectors: number[];
  /** Whatever moves no data. */
  others: number[];
  /** Asked for by PREAD. */
  readBytes: string[];
  /** Asked for by PWRITE. */
  writeBytes: string[];
  /** Where requests went: all descriptors over one another. */
  offsets: GridJson;
}

/** What a report says of submissions. */
export interface SubmissionsJson {
  records: number;
  /** By opcode; those that Linux does not know are in the last, without a name. */
  opcodes: { opcode: number; name: string | null; requests: number }[];
  patterns: PatternsJson;
  /** By descriptor that was flushed: what was written between flushes. */
  flushes: FlushJson[];
  sizes: SubmissionSizesJson;
  alignment: AlignmentJson;
  /** There as far as records had a time, and as far as they had none. */
  charts: { time?: SubmissionChartsJson; index?: SubmissionChartsJson };
  distinct: {
    /** Descriptors of processes. */
    fds: DistinctJson;
    /** Of iocbs; there when the envelope has `addr`. */
    addresses?: DistinctJson;
    blocks: WorkingSetJson;
  };
  /** Requests with IOCB_FLAG_RESFD, and the eventfds they name. */
  eventfd: { requests: number; eventfds: DistinctJson };
  poll?: PollJson;
  /** There when the envelope has `ts`. */
  batches?: BatchesJson;
}

/** Cells of a bin: PREADs and their bytes in two words, the same of PWRITEs; PREADVs, PWRITEVs and others, which have none. */
const CELLS = 9;
const WRITE_CELL = 3;
/** The first cell of each kind of request. */
const cellOf = Uint8Array.of(0, WRITE_CELL, 6, 7, 8, 8);

function addSums(cells: Float64Array, cell: number, requests: number, bytes: number): void {
  cells[cell] += requests;
  cells[cell + 1] += bytes % 65536;
  cells[cell + 2] += Math.floor(bytes / 65536);
}

const both = (a: readonly number[], b: readonly number[]): number[] =>
  a.map((count, i) => count + b[i]);

/** Charts over one axis. */
class SubmissionCharts {
  readonly axis: FoldAxis;
  readonly #lane: { readonly cells: Float64Array };
  readonly #map: OffsetMap;

  constructor(unit: AxisJson['unit']) {
    this.axis = new FoldAxis(unit);
    this.#lane = this.axis.lane(CELLS);
    this.#map = new OffsetMap(this.axis);
  }

  add(block: SubmissionBlock): void {
    const { count, kinds, lengths, offsets } = block;
    const slots = this.axis.slotsOf(block);
    const { cells } = this.#lane;
    let slot = count === 0 ? 0 : slots[0];
    let [reads, readBytes, writes, writeBytes] = [0, 0, 0, 0];
    // Neighbours mostly share a bin: what they add up to is put there once. Sums of a block are exact.
    for (let i = 0; i < count; i++) {
      if (slots[i] !== slot) {
        addSums(cells, slot * CELLS, reads, readBytes);
        addSums(cells, slot * CELLS + WRITE_CELL, writes, writeBytes);
        slot = slots[i];
        reads = readBytes = writes = writeBytes = 0;
      }
      if (kinds[i] === READ) {
        reads += 1;
        readBytes += lengths[i];
      } else if (kinds[i] === WRITE) {
        writes += 1;
        writeBytes += lengths[i];
      } else cells[slot * CELLS + cellOf[kinds[i]]] += 1;
    }
    addSums(cells, slot * CELLS, reads, readBytes);
    addSums(cells, slot * CELLS + WRITE_CELL, writes, writeBytes);
    this.#map.add(slots, offsets, count);
  }

  merge(charts: SubmissionCharts): void {
    this.#map.align(charts.#map);
    this.axis.merge(charts.axis);
  }

  toJSON(): SubmissionChartsJson | undefined {
    const [begin, end] = this.axis.used;
    if (begin === end) return undefined;
    const { cells } = this.#lane;
    const list = (cell: number) =>
      Array.from({ length: end - begin }, (_, i) => cells[(begin + i) * CELLS + cell]);
    const sums = (cell: number) => {
      const highs = list(cell + 1);
      return list(cell).map((low, i) => (BigInt(low) + (BigInt(highs[i]) << 16n)).toString());
    };
    return {
      axis: this.axis.toJSON(),
      reads: both(list(0), list(6)),
      writes: both(list(3), list(7)),
      readVectors: list(6),
      writeVectors: list(7),
      others: list(8),
      readBytes: sums(1),
      writeBytes: sums(4),
      offsets: this.#map.toJSON(),
    };
  }
}

/** What a report knows of submissions. Parts of a trace merge in their order. */
export class SubmissionReport {
  records = 0;
  /** For whoever matches submissions to completions. */
  readonly poll = new PollMasks();
  readonly #streams = new Streams();
  readonly #sizes = new SubmissionSizes();
  readonly #alignment = new Alignment();
  readonly #time = new SubmissionCharts('ns');
  readonly #index = new SubmissionCharts('record');
  readonly #fds = new DistinctPairs();
  readonly #addresses = new DistinctSample();
  readonly #eventfds = new DistinctPairs();
  readonly #blocks = new WorkingSet();
  readonly #batches = new Batches();
  /** By opcode; the last is for all that Linux does not know. */
  readonly #opcodes = new Float64Array(OPCODES.length + 1);
  #hasAddresses = false;
  #resfd = 0;

  add(block: SubmissionBlock): void {
    this.#streams.add(block);
    this.#sizes.add(block);
    this.#alignment.add(block);
    (block.ts === undefined ? this.#index : this.#time).add(block);
    this.#blocks.add(block);
    this.#batches.add(block);
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
    this.#batches.merge(report.#batches);
    this.#hasAddresses ||= report.#hasAddresses;
    this.#resfd += report.#resfd;
    for (let i = 0; i < this.#opcodes.length; i++) this.#opcodes[i] += report.#opcodes[i];
  }

  toJSON(): SubmissionsJson {
    const [time, index, poll, batches] = [
      this.#time.toJSON(),
      this.#index.toJSON(),
      this.poll.toJSON(),
      this.#batches.toJSON(),
    ];
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
      ...(batches && { batches }),
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
