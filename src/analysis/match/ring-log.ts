// Reads the submissions that are matched with images of rings.
import { AioscopeError } from '../../errors.ts';
import type { InputStream } from './input-stream.ts';
import { neverOpens, SubmissionColumns } from './key-columns.ts';
import type { MatchOptions } from './options.ts';
import { RingAddresses } from './ring-addresses.ts';
import { addressKey, type RingHistory } from './ring-history.ts';
import type { RingPlaceJson } from './ring-json.ts';
import type { RingPlace } from './ring-moment.ts';
import { IndexSet, TimeCut } from './time-cut.ts';

/** Which submissions of a log are taken. */
interface RingSelection {
  readonly refused: IndexSet | undefined;
  readonly cut: TimeCut | undefined;
}

/** @throws AioscopeError `AIOSCOPE_OPTION` for invalid options */
export function ringSelection({
  refused,
  from,
  to,
}: Pick<MatchOptions, 'refused' | 'from' | 'to'>): RingSelection {
  const isCut = from !== undefined || to !== undefined;
  return {
    refused: refused === undefined ? undefined : new IndexSet(refused),
    cut: isCut ? new TimeCut(from, to) : undefined,
  };
}

/** The submissions of a log, read once. */
export class SubmissionLog {
  readonly addresses: RingAddresses;
  readonly knowsRefused: boolean;
  readonly hasPid: boolean;
  readonly hasTime: boolean;
  admitted = 0;
  refused = 0;
  refusedByRules = 0;
  /** The last submission that was admitted. */
  last: RingPlace | undefined;
  readonly #stream: InputStream;
  readonly #options: RingSelection;
  /** Words of the first time. */
  #firstLow = 0;
  #firstHigh = 0;

  constructor(
    stream: InputStream,
    histories: readonly RingHistory[],
    options: Pick<MatchOptions, 'refused' | 'from' | 'to'>,
  ) {
    this.#stream = stream;
    this.#options = ringSelection(options);
    this.addresses = new RingAddresses(histories);
    this.knowsRefused = options.refused !== undefined || stream.has('ret');
    this.hasPid = stream.has('pid');
    this.hasTime = stream.hasTime;
    if (this.#options.cut === undefined || stream.hasTime) return;
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      (option) =>
        `${option('from')} and ${option('to')} need the ts of submissions, which have none`,
    );
  }

  async read(): Promise<void> {
    const stream = this.#stream;
    const columns = new SubmissionColumns(stream, 'addr', true, false);
    const refusedByRules = neverOpens(stream);
    const { cut, refused } = this.#options;
    const { ts } = stream;
    await stream.load();
    [this.#firstLow, this.#firstHigh] = ts;
    if (stream.count > 0) cut?.begin([(BigInt(ts[1]) << 32n) | BigInt(ts[0])]);
    for (; !stream.ended; await stream.load()) {
      for (let i = 0; i < stream.count; i++) {
        const row = stream.rows[i];
        if (cut !== undefined && !cut.has(ts[2 * row], ts[2 * row + 1])) continue;
        if (refused?.has(stream.first + row) || columns.isRefused(row)) this.refused += 1;
        else if (refusedByRules(row)) this.refusedByRules += 1;
        else this.#admit(columns, row);
      }
    }
  }

  /** The lowest and highest time; null without times. */
  get time(): { from: string; to: string } | null {
    const { earliest, latest } = this.#options.cut ?? this.#stream;
    if (!this.hasTime || earliest === null || latest === null) return null;
    return { from: earliest.toString(), to: latest.toString() };
  }

  placeJson({ index, at }: RingPlace): RingPlaceJson {
    return { index, ts: this.hasTime ? this.atJson(at) : null };
  }

  /** The time of a submission, or its index if there are no times. */
  atJson(at: number): string {
    const first = (BigInt(this.#firstHigh) << 32n) | BigInt(this.#firstLow);
    return String(this.hasTime ? first + BigInt(at) : at);
  }

  #admit(columns: SubmissionColumns, row: number): void {
    const { ts, key, data, nbytes } = columns;
    const low = 2 * row;
    const high = low + 1;
    const index = this.#stream.first + row;
    // Times count from the first one, so that they are exact as numbers.
    const at = (ts[high] - this.#firstHigh) * 2 ** 32 + (ts[low] - this.#firstLow);
    const submission = {
      index,
      at: this.hasTime ? at : index,
      rank: 1,
      previousAt: Number.NaN,
      pid: columns.pid[row],
      address: addressKey(key[low], key[high]),
      opcode: columns.opcode[row],
      rwFlags: columns.rwFlags[row],
      fd: columns.fd[row],
      nbytes: nbytes[high] * 2 ** 32 + nbytes[low],
      dataLow: data[low],
      dataHigh: data[high],
    };
    this.admitted += 1;
    this.last = submission;
    this.addresses.admit(submission);
  }
}
