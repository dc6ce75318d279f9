// The earliest and the latest time of each stretch of records: an index from times to bytes.
import type { StateOf } from '../summary/state.ts';
import type { SurveyBlock, SurveyCounter, SurveyInput, SurveyPart } from './part.ts';

/** Records per zone; the last zone of a source has the rest. */
export const ZONE_RECORDS = 16_384;

const ZONES_MIN = 256;

/**
 * The earliest and the latest `ts` (ns) of every 16,384 records of a source. Without `ts` there are
 * no zones. Parts merge in any order.
 */
export class Zones {
  /** Records that were seen: those of the last zone may be fewer than 16,384. */
  records = 0;
  /** How many zones have times. */
  count = 0;
  /** By zone; `count` of each are valid. */
  earliest: BigUint64Array = new BigUint64Array(0);
  latest: BigUint64Array = new BigUint64Array(0);

  /** Adds times, low words before high ones, of consecutive records, of the first at `index`. */
  add(ts: Uint32Array, index: number, count: number): void {
    for (let done = 0; done < count; ) {
      const zone = Math.floor((index + done) / ZONE_RECORDS);
      const end = Math.min(count, (zone + 1) * ZONE_RECORDS - index);
      this.#addTo(zone, ...endsOf(ts, done, end));
      done = end;
    }
    this.records = Math.max(this.records, index + count);
  }

  merge({ records, count, earliest, latest }: StateOf<Zones>): void {
    for (let zone = 0; zone < count; zone++)
      if (earliest[zone] <= latest[zone]) this.#addTo(zone, earliest[zone], latest[zone]);
    this.records = Math.max(this.records, records);
  }

  /**
   * The records that may have a time from `from` (ns) to before `to`: all others have none. An
   * empty range if no record may.
   */
  recordsWithin(from: bigint, to: bigint): { readonly begin: number; readonly end: number } {
    let first = 0;
    while (first < this.count && !this.#mayHave(first, from, to)) first += 1;
    if (first === this.count) return { begin: 0, end: 0 };
    let last = this.count - 1;
    while (!this.#mayHave(last, from, to)) last -= 1;
    return { begin: first * ZONE_RECORDS, end: Math.min(this.records, (last + 1) * ZONE_RECORDS) };
  }

  /** Returns the zones as plain data; times are decimal strings. */
  toJSON(): { records: number; earliest: string[]; latest: string[] } {
    const texts = (times: BigUint64Array) => Array.from(times.subarray(0, this.count), String);
    return {
      records: this.records,
      earliest: texts(this.earliest),
      latest: texts(this.latest),
    };
  }

  #mayHave(zone: number, from: bigint, to: bigint): boolean {
    return this.latest[zone] >= from && this.earliest[zone] < to;
  }

  #addTo(zone: number, earliest: bigint, latest: bigint): void {
    if (zone >= this.earliest.length) this.#grow(Math.max(ZONES_MIN, 2 * zone));
    if (earliest < this.earliest[zone]) this.earliest[zone] = earliest;
    if (latest > this.latest[zone]) this.latest[zone] = latest;
    this.count = Math.max(this.count, zone + 1);
  }

  /** New zones have no time: their earliest is after their latest. */
  #grow(zones: number): void {
    const earliest = new BigUint64Array(zones).fill(2n ** 64n - 1n);
    earliest.set(this.earliest);
    const latest = new BigUint64Array(zones);
    latest.set(this.latest);
    this.earliest = earliest;
    this.latest = latest;
  }
}

/** The earliest and the latest of times `begin` to `end`. */
function endsOf(ts: Uint32Array, begin: number, end: number): [earliest: bigint, latest: bigint] {
  let [minLow, minHigh] = [ts[2 * begin], ts[2 * begin + 1]];
  let [maxLow, maxHigh] = [minLow, minHigh];
  for (let i = begin + 1; i < end; i++) {
    const low = ts[2 * i];
    const high = ts[2 * i + 1];
    if (high > maxHigh || (high === maxHigh && low > maxLow)) {
      maxHigh = high;
      maxLow = low;
    } else if (high < minHigh || (high === minHigh && low < minLow)) {
      minHigh = high;
      minLow = low;
    }
  }
  return [(BigInt(minHigh) << 32n) | BigInt(minLow), (BigInt(maxHigh) << 32n) | BigInt(maxLow)];
}

/** Adds the times of blocks; `firstRecord` of the input is in their indexes already. */
class ZoneCounter implements SurveyCounter<Zones> {
  readonly #zones = new Zones();
  readonly #ts: Uint32Array | undefined;

  constructor({ reading: { decoder } }: SurveyInput) {
    const { schema, columns } = decoder;
    const at = schema.columns.findIndex(({ name, inRecord }) => name === 'ts' && !inRecord);
    const column = columns[at];
    if (column instanceof BigUint64Array)
      this.#ts = new Uint32Array(column.buffer, column.byteOffset, 2 * column.length);
  }

  add({ index, rows }: SurveyBlock): void {
    if (this.#ts !== undefined) this.#zones.add(this.#ts, index, rows);
  }

  finish(): Zones {
    return this.#zones;
  }
}

/** Indexes the times of a source: without conditions, since records have to be consecutive. */
export const zonesPart = (): SurveyPart<Zones> => ({
  name: 'zones',
  options: {},
  begin: (input) => new ZoneCounter(input),
  stateOf: (zones) => zones,
  join: (before, state) => {
    const zones = before ?? new Zones();
    zones.merge(state as StateOf<Zones>);
    return zones;
  },
  isExact: () => true,
});
