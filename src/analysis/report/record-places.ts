import type { Kind } from '../../layout/schema.ts';
import type { FindingRecord } from '../findings/finding.ts';
import type { StateOf } from '../summary/state.ts';

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
  readonly all: RecordPlace[] = [];

  add(place: RecordPlace): void {
    this.all.push(place);
  }

  merge({ all }: StateOf<RecordPlaces>): void {
    this.all.push(...all);
  }

  /** Joins the places of ranges of one source into its only place. */
  join(): void {
    const records = this.all.reduce((sum, place) => sum + place.records, 0);
    this.all.splice(0, this.all.length, { ...this.all[0], records });
  }

  /** Makes the only place that of a whole source, of which a part was read. */
  widen(offset: number, records: number): void {
    this.all.splice(0, this.all.length, { ...this.all[0], offset, records });
  }

  /** The place of a record by its index among all of its kind; null if there is no such record. */
  of(kind: Kind, index: number): FindingRecord | null {
    let left = index;
    for (const { file, stride, offset, ...place } of this.all) {
      if (place.kind !== kind) continue;
      if (left < place.records) return { file, index: left, offset: offset + left * stride };
      left -= place.records;
    }
    return null;
  }
}
