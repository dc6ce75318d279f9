import { IOCB_FLAG_IOPRIO, IOCB_FLAG_RESFD } from '../../abi/flag.ts';
import type { Decoder } from '../../stream/decoder.ts';
import { FlaggedCounter } from './flagged-counter.ts';
import type { KeyedList } from './iocb-json.ts';
import type { KeyedTable } from './keyed-table.ts';
import { type CountedProcesses, ProcessCounter } from './process-counter.ts';
import type { BlockCounter } from './section.ts';
import { SubmissionCounter, type SubmissionTables } from './submission-counter.ts';
import { ValueCounter } from './value-counter.ts';

/** The part of an `IocbSection` that an `IocbCounter` counts into. */
interface CountedSection extends SubmissionTables, CountedProcesses {
  records: number;
  readonly tables: Readonly<Record<KeyedList, KeyedTable>>;
}

/** Counts the blocks of one decoder into the submissions of a summary. */
export class IocbCounter implements BlockCounter {
  readonly #section: CountedSection;
  readonly #counters: readonly BlockCounter[];
  readonly #submissions: SubmissionCounter;

  constructor(section: CountedSection, decoder: Decoder) {
    const { tables } = section;
    this.#section = section;
    this.#submissions = new SubmissionCounter(section, decoder);
    const counted = [
      ['aio_flags', tables.flags],
      ['aio_rw_flags', tables.rwFlags],
      ['aio_reqprio', tables.reqprio],
      ['aio_resfd', tables.resfds],
    ] as const;
    const flagged = [
      [{ bit: IOCB_FLAG_IOPRIO, field: 'aio_reqprio' }, tables.priorities],
      [{ bit: IOCB_FLAG_RESFD, field: 'aio_resfd' }, tables.eventfds],
    ] as const;
    const { columns } = decoder.schema;
    const has = (field: string) => columns.find(({ name }) => name === field)?.absent !== 'all';
    const pid = columns.find(({ name }) => name === 'pid');
    const hasProcesses = pid?.byteLength === 4 && pid.type !== 'char' && has('pid');
    this.#counters = [
      ...counted
        .filter(([field]) => has(field))
        .map(([field, table]) => new ValueCounter(decoder, field, table)),
      ...flagged
        .filter(([{ field }]) => has('aio_flags') && has(field))
        .map(([which, table]) => new FlaggedCounter(decoder, which, table)),
      ...(hasProcesses ? [new ProcessCounter(section, decoder)] : []),
    ];
  }

  add(count: number, varying: Uint8Array): void {
    for (const counter of this.#counters) counter.add(count, varying);
    this.#submissions.add(count);
    this.#section.records += count;
  }

  settle(): void {
    this.#submissions.settle();
    for (const counter of this.#counters) counter.settle();
  }
}
