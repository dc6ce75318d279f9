import type { Kind } from '../../layout/schema.ts';
import type { FindingRecord } from '../findings/finding.ts';

/** Where the records of one input are. */
interface RecordPlace {
  readonly file: string;
  readonly kind: Kind;
  readonly records: number;
  /** Bytes from one record to the next, and those before the first. */
  readonly stride: number;
  readonly offset: number;
}

/** Where the records of all inputs are, in their order. */
export class RecordPlaces {
  readonly #places: RecordPlace[] = [];

  add(place: RecordPlace): void {
    this.#places.push(place);
  }

  merge({ all }: RecordPlaces): void {
    this.#places.push(...all);
  }

  get all(): readonly RecordPlace[] {
    return this.#places;
  }

  /** The place of a record by its index among all of its kind; null if there is no such record. */
  of(kind: Kind, index: number): FindingRecord | null {
    let left = index;
    for (const { file, stride, offset, ...place } of this.#places) {
      if (place.kind !== kind) continue;
      if (left < place.records) return { file, index: left, offset: offset + left * stride };
      left -= place.records;
    }
    return null;
  }
}
