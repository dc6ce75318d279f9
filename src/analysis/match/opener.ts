import { RWF } from '../../abi/flag.ts';
import type { EarlyEvents } from './early-events.ts';
import type { RequestColumns } from './input-stream.ts';
import {
  ADDRESS,
  ADDRESS_SHIFT,
  ENTRY,
  ENTRY_SHIFT,
  LOOKED_AT_MAX,
  OPEN_FLAGS,
} from './kernel-layout.ts';
import type { RowStore } from './pair-batch.ts';
import type { InFlight } from './pair-counter.ts';

/** Opens submissions at their addresses. */
export class Opener {
  readonly #flight: InFlight;
  readonly #early: EarlyEvents;
  readonly #requests: RequestColumns;
  readonly #store: RowStore | null;
  /** Whether it is known which submissions were refused: then whatever is open is in flight. */
  readonly #isExact: boolean;

  constructor(
    flight: InFlight,
    early: EarlyEvents,
    requests: RequestColumns,
    store: RowStore | null,
    isExact: boolean,
  ) {
    this.#flight = flight;
    this.#early = early;
    this.#requests = requests;
    this.#store = store;
    this.#isExact = isExact;
  }

  /** Submission `index`, row `i`, is open at its address. */
  open(i: number, index: number): void {
    const { table } = this.#flight;
    const address = this.#addressOf(i, index);
    const { ts, data, opcode, rwFlags, nbytes, pid, fd } = this.#requests;
    const home = address << ADDRESS_SHIFT;
    const low = 2 * i;
    const high = low + 1;
    if (table.addresses[home + ADDRESS.open] > 0) this.#supersede(home, i);
    for (let surplus = table.surplus(address); surplus !== 0; surplus = table.surplus(address))
      this.#evict(surplus, i);
    const slot = table.push(address);
    const at = slot << ENTRY_SHIFT;
    const { entries } = table;
    entries[at + ENTRY.dataLow] = data[low];
    entries[at + ENTRY.dataHigh] = data[high];
    entries[at + ENTRY.tsLow] = ts[low];
    entries[at + ENTRY.tsHigh] = ts[high];
    entries[at + ENTRY.flags] =
      (rwFlags[i] & RWF.RWF_NOWAIT) === 0 ? opcode[i] : opcode[i] | OPEN_FLAGS.nowait;
    entries[at + ENTRY.nbytes] = nbytes[high] === 0 ? nbytes[low] : 0xffffffff;
    table.index[slot] = index;
    this.#store?.keep(slot, i);
    this.#flight.enter(slot, address, pid[i], fd[i], opcode[i], i);
    if (table.addresses[home + ADDRESS.early] !== 0) this.#early.claim(slot, address);
  }

  /** The address of a submission, new or known; it counts how addresses are used again. */
  #addressOf(i: number, index: number): number {
    const { table } = this.#flight;
    const { reuse } = this.#flight.tally;
    const requests = this.#requests;
    const { key, data } = requests;
    const found = table.find(requests, i);
    const address = found === 0 ? this.#flight.addAddress(requests, i) : found;
    const last = table.lastIndexOf(address);
    table.setLastIndex(address, index);
    if (last < 0) reuse.first(requests, i);
    else reuse.again(index - last);
    if ((data[2 * i] | data[2 * i + 1]) === 0) reuse.dataZero += 1;
    else if (data[2 * i] === key[2 * i] && data[2 * i + 1] === key[2 * i + 1])
      reuse.dataIsAddress += 1;
    return address;
  }

  /** A request comes to an address where others are open: the newest is superseded, and one with its data is taken for refused. */
  #supersede(home: number, i: number): void {
    const { data, ts } = this.#requests;
    const { entries, addresses } = this.#flight.table;
    const newest = addresses[home + ADDRESS.newest];
    this.#flight.tally.reuse.concurrent += 1;
    entries[(newest << ENTRY_SHIFT) + ENTRY.flags] |= OPEN_FLAGS.superseded;
    if (this.#isExact && addresses[home + ADDRESS.early] === 0) return;
    let looked = 0;
    for (
      let slot = newest;
      slot !== 0 && looked < LOOKED_AT_MAX;
      slot = entries[(slot << ENTRY_SHIFT) + ENTRY.older]
    ) {
      looked += 1;
      const at = slot << ENTRY_SHIFT;
      if (
        entries[at + ENTRY.dataLow] !== data[2 * i] ||
        entries[at + ENTRY.dataHigh] !== data[2 * i + 1]
      )
        continue;
      const early = entries[at + ENTRY.early];
      if (early !== 0) this.#early.decide(early);
      else if (!this.#isExact) this.#flight.leaveOlder(slot, ts, i);
      return;
    }
  }

  /** Make room: the oldest request is given up, unless an early event is its completion. */
  #evict(slot: number, i: number): void {
    const early = this.#flight.table.entries[(slot << ENTRY_SHIFT) + ENTRY.early];
    if (early !== 0) this.#early.decide(early);
    else this.#flight.evict(slot, this.#requests.ts, i);
  }
}
