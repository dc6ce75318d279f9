import { opcodeName } from '../../abi/name.ts';
import { IOCB_CMD_PREADV, IOCB_CMD_PWRITEV, OPCODES } from '../../abi/opcode.ts';
import type { StateOf } from '../summary/state.ts';
import { Alignment, type AlignmentJson } from './alignment.ts';
import { pidsOf, type SubmissionBlock } from './block.ts';
import { CallGaps } from './call-gaps.ts';
import { DistinctAddresses, type DistinctJson, DistinctPairs } from './distinct.ts';
import type { FlushJson } from './flush.ts';
import { type PollJson, PollMasks } from './poll.ts';
import type { ProcessCountJson } from './process-counts.ts';
import type { PatternsJson } from './stream-json.ts';
import { Streams } from './streams.ts';
import { busiestOf, SubmissionCharts, type SubmissionChartsJson } from './submission-charts.ts';
import { SubmissionSizes, type SubmissionSizesJson } from './submission-sizes.ts';
import type { VectoredRequests } from './vectored-requests.ts';
import { WorkingSet, type WorkingSetJson } from './working-set.ts';

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

/** Counts submissions. Parts of a capture merge in order. */
export class SubmissionReport {
  records = 0;
  /** Public for matching, which adds the bits that fired. */
  readonly poll = new PollMasks();
  /** What matching shows of vectored requests. */
  vectored: VectoredRequests | undefined;
  /** The gaps between the records of each thread. */
  readonly gaps = new CallGaps();
  readonly streams = new Streams();
  readonly sizes = new SubmissionSizes();
  readonly alignment = new Alignment();
  readonly time = new SubmissionCharts('ns');
  readonly index = new SubmissionCharts('record');
  readonly fds = new DistinctPairs();
  readonly addresses = new DistinctAddresses();
  readonly eventfds = new DistinctPairs();
  readonly blocks = new WorkingSet();
  /** By opcode; the last counts all that Linux does not know. */
  readonly opcodes: Float64Array = new Float64Array(OPCODES.length + 1);
  hasAddresses = false;
  resfd = 0;

  add(block: SubmissionBlock): void {
    this.streams.add(block);
    this.sizes.add(block);
    this.alignment.add(block);
    (block.ts === undefined ? this.index : this.time).add(block);
    this.blocks.add(block);
    this.poll.add(block);
    this.#countDistinct(block);
    this.records += block.count;
  }

  merge(report: StateOf<SubmissionReport>): void {
    this.records += report.records;
    this.poll.merge(report.poll);
    this.streams.merge(report.streams);
    this.sizes.merge(report.sizes);
    this.alignment.merge(report.alignment);
    this.time.merge(report.time);
    this.index.merge(report.index);
    this.fds.merge(report.fds);
    this.addresses.merge(report.addresses);
    this.eventfds.merge(report.eventfds);
    this.blocks.merge(report.blocks);
    this.gaps.merge(report.gaps);
    this.hasAddresses ||= report.hasAddresses;
    this.resfd += report.resfd;
    for (let i = 0; i < this.opcodes.length; i++) this.opcodes[i] += report.opcodes[i];
  }

  /** Whether there are vectored requests. */
  get hasVectors(): boolean {
    return this.opcodes[IOCB_CMD_PREADV] + this.opcodes[IOCB_CMD_PWRITEV] > 0;
  }

  toJSON(): Omit<SubmissionsJson, 'byProcess' | 'otherProcesses'> {
    const { streams, left } = this.streams.toJSON();
    const busiest = busiestOf(streams);
    const [time, index] = [this.time, this.index].map((charts) => charts.toJSON(busiest));
    const poll = this.poll.toJSON();
    return {
      records: this.records,
      opcodes: this.#opcodesJson(),
      patterns: { streams: this.vectored?.replace(streams) ?? streams, left },
      flushes: this.streams.flushes(),
      sizes: this.sizes.toJSON(this.vectored?.sizes),
      alignment: this.alignment.toJSON(),
      charts: { ...(time && { time }), ...(index && { index }) },
      distinct: {
        fds: this.fds.toJSON(),
        ...(this.hasAddresses && { addresses: this.addresses.toJSON() }),
        blocks: this.blocks.toJSON(),
      },
      eventfd: { requests: this.resfd, eventfds: this.eventfds.toJSON() },
      ...(poll && { poll }),
    };
  }

  #opcodesJson(): SubmissionsJson['opcodes'] {
    return [...this.opcodes].flatMap((requests, opcode) =>
      requests === 0 ? [] : [{ opcode, name: opcodeName(opcode), requests }],
    );
  }

  #countDistinct(block: SubmissionBlock): void {
    const { count, requests, resfd, addr } = block;
    const last = this.opcodes.length - 1;
    for (let opcode = 0; opcode < requests.opcodes.length; opcode++)
      this.opcodes[Math.min(opcode, last)] += requests.opcodes[opcode];
    for (const { pid, fd } of requests.groups) this.fds.add(pid, fd);
    const pids = pidsOf(block);
    const { eventfds } = requests;
    this.resfd += eventfds.length;
    for (const row of eventfds) this.eventfds.add(pids[row], resfd[row]);
    if (addr === undefined) return;
    this.hasAddresses = true;
    this.addresses.add(addr, pids, count);
  }
}
