// Reads and writes among pairs that meet conditions.
import { MAX_RW_COUNT } from '../../../abi/limit.ts';
import { wordsOf } from '../../match/column-words.ts';
import type { PairBatch } from '../../match/pair-batch.ts';
import { timeAt } from '../../match/waiting-pairs.ts';
import { kindOf, READV, WRITEV } from '../../report/request-kind.ts';
import {
  excessOf,
  type FlightColumns,
  isWriteKind,
  lengthOf,
  pairColumns,
} from './flight-columns.ts';
import type { FlightEvidence } from './flight-evidence.ts';

/** Counts of selected pairs what one pair shows, and what those that ended before it moved. */
export class SelectedFlight {
  readonly #evidence: FlightEvidence;
  /** By descriptor: when the end of its bytes rose last. */
  readonly #raised = new Map<number, bigint>();

  constructor(evidence: FlightEvidence) {
    this.#evidence = evidence;
  }

  take(pairs: PairBatch): void {
    const columns = pairColumns(pairs);
    const { length } = pairs;
    const wide = (name: string) => wordsOf(pairs.columns, name, length, 2);
    const [ended, res, indexes] = ['completionTs', 'res', 'submissionIndex'].map(wide);
    const doubt = wordsOf(pairs.columns, 'doubt', length, 1);
    for (let i = 0; i < length; i++) {
      const kind = kindOf[columns.opcode[i]];
      if (kind > WRITEV || doubt[i] === 1 || res[2 * i + 1] >= 2 ** 31) continue;
      this.#evidence.succeeded[kind & 1] += 1;
      const index = indexes[2 * i + 1] * 2 ** 32 + indexes[2 * i];
      const moved = res[2 * i + 1] * 2 ** 32 + res[2 * i];
      this.#count(columns, kind, i, index, moved, timeAt(ended, 2 * i));
    }
  }

  #count(
    columns: FlightColumns,
    kind: number,
    row: number,
    index: number,
    moved: number,
    ended: bigint,
  ): void {
    const { empty, clamped } = this.#evidence;
    const descriptor = this.#evidence.descriptorOf(columns, kind, row);
    const from = this.#evidence.fromOf(columns, kind, row);
    const [low, high] = [columns.ts[2 * row], columns.ts[2 * row + 1]];
    if (moved === MAX_RW_COUNT) {
      const excess = excessOf(columns, kind, row);
      if (excess !== null || kind >= READV) clamped.add(descriptor, index, from, excess, high, low);
    }
    if (from < 0 || descriptor === 0) return;
    const end = empty.endOf(descriptor, from);
    if (moved > 0) {
      empty.move(descriptor, isWriteKind(kind), from, moved);
      if (empty.endOf(descriptor, from) > end) this.#raised.set(descriptor, ended);
      return;
    }
    const length = lengthOf(columns, kind, row);
    if (isWriteKind(kind) || length === 0 || from >= end) return;
    if ((this.#raised.get(descriptor) ?? 0n) < timeAt(columns.ts, 2 * row))
      empty.add(descriptor, end, index, from, length, high, low);
  }
}
