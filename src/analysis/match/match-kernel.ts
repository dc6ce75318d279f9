import type { Lane } from './input-stream.ts';
import { MATCH } from './kernel-layout.ts';
import type { MatchState } from './state.ts';

/** Columns of submissions and of completions that the kernel reads, and the bytes that a value has to have. */
const REQUESTS = {
  data: 'aio_data',
  nbytes: 'aio_nbytes',
  fd: 'aio_fildes',
  rwFlags: 'aio_rw_flags',
  opcode: 'aio_lio_opcode',
} as const;
const REQUEST_BYTES = { data: 8, nbytes: 8, fd: 4, rwFlags: 4, opcode: 2 } as const;

/** What the kernel looks up of a block before it goes through it: lookups that wait for nothing but memory go side by side. */
const LOOKED_UP = ['requestAddresses', 'requestCells', 'resultAddresses'] as const;

/** What makes the key of records, and which submissions are known to be refused. */
export interface KernelKeys {
  readonly byAddress: boolean;
  readonly joinsProcess: boolean;
  readonly joinsContext: boolean;
  readonly isExact: boolean;
}

/** The kernel of a match, over the blocks of its lanes: it takes what is plain, one record after the other. */
export class MatchKernel {
  readonly #state: MatchState;
  readonly #lanes: readonly [Lane, Lane];
  readonly #match: (state: number) => number;

  private constructor(
    state: MatchState,
    lanes: readonly [Lane, Lane],
    match: (state: number) => number,
  ) {
    this.#state = state;
    this.#lanes = lanes;
    this.#match = match;
  }

  /** The kernel, or null where the engine has none, or a column is not as it expects. */
  static over(
    state: MatchState,
    lanes: readonly [Lane, Lane],
    keys: KernelKeys,
  ): MatchKernel | null {
    const { match_records } = state.arena.kernels;
    if (match_records === undefined) return null;
    const { words, plan } = state;
    const [requests, results] = lanes;
    const columns = {
      ...keyColumns(requests, keys, 'request'),
      ...keyColumns(results, keys, 'result'),
      ...requestColumns(requests),
    };
    const more = {
      resultData: results.addressOf('data', 8),
      res: results.addressOf('res', 8),
      ...retColumn(requests),
    };
    for (const [name, address] of Object.entries({ ...columns, ...more })) {
      if (address === undefined) return null;
      words[MATCH[name as keyof typeof MATCH]] = address ?? plan.noColumn;
    }
    words[MATCH.isExact] = Number(keys.isExact);
    for (const name of [
      'entries',
      'addresses',
      'heads',
      'cells',
      'cellPlaces',
      'depths',
      'errors',
      'openMax',
      ...LOOKED_UP,
    ] as const) {
      words[MATCH[name]] = plan[name];
    }
    return new MatchKernel(state, lanes, match_records);
  }

  /** Take the blocks of the lanes as they are. */
  begin(): void {
    const { words, doubles, plan } = this.#state;
    const [requests, results] = this.#lanes;
    doubles[MATCH.requestsFirst / 2] = requests.first;
    words[MATCH.requestsAt] = requests.at;
    words[MATCH.requestsCount] = requests.count;
    words[MATCH.requestsEnded] = Number(requests.ended);
    words[MATCH.requestRows] = this.#rowsOf(requests, plan.requestRows);
    words[MATCH.resultsAt] = results.at;
    words[MATCH.resultsCount] = results.count;
    words[MATCH.resultsEnded] = Number(results.ended);
    words[MATCH.resultRows] = this.#rowsOf(results, plan.resultRows);
    if (requests.at === 0) words[MATCH.requestsLocated] = 0;
    if (results.at === 0) words[MATCH.resultsLocated] = 0;
  }

  /** Go on with them, as `match_records` does; the lanes know then how far. */
  step(): number {
    const { words, plan } = this.#state;
    const [requests, results] = this.#lanes;
    words[MATCH.requestsAt] = requests.at;
    words[MATCH.resultsAt] = results.at;
    const whose = this.#match(plan.state);
    requests.at = words[MATCH.requestsAt];
    results.at = words[MATCH.resultsAt];
    return whose;
  }

  /** Whether what it counts has to be taken over before words overflow. */
  get isFull(): boolean {
    const { words } = this.#state;
    return (
      words[MATCH.submissions] >= 2 ** 30 ||
      words[MATCH.completions] >= 2 ** 30 ||
      words[MATCH.refused] >= 2 ** 30
    );
  }

  #rowsOf(lane: Lane, room: number): number {
    if (lane.isSteady) return this.#state.plan.rows;
    new Uint32Array(this.#state.arena.buffer, room, lane.rows.length).set(lane.rows);
    return room;
  }
}

/** Where columns of a key lie: null where a key has no such part, undefined where the column is of another width. */
type Addresses = Readonly<Record<string, number | null | undefined>>;

function keyColumns(
  lane: Lane,
  { byAddress, joinsProcess, joinsContext }: KernelKeys,
  prefix: 'request' | 'result',
): Addresses {
  const key = prefix === 'request' ? (byAddress ? 'addr' : 'aio_data') : byAddress ? 'obj' : 'data';
  return {
    [`${prefix}Ts`]: lane.addressOf('ts', 8),
    [`${prefix}Key`]: lane.addressOf(key, 8),
    [`${prefix}KeyPid`]: joinsProcess ? lane.addressOf('pid', 4) : null,
    [`${prefix}Ctx`]: joinsContext ? lane.addressOf('ctx', 8) : null,
  };
}

function requestColumns(lane: Lane): Addresses {
  const names = Object.keys(REQUESTS) as (keyof typeof REQUESTS)[];
  return {
    ...Object.fromEntries(
      names.map((name) => [name, lane.addressOf(REQUESTS[name], REQUEST_BYTES[name])]),
    ),
    pid: lane.has('pid') ? lane.addressOf('pid', 4) : null,
    reason: lane.has('firstRefusal') ? lane.addressOf('firstRefusal', 1) : 0,
  };
}

/** The word of `ret` that has its sign; none where it has no sign. */
function retColumn(lane: Lane): Addresses {
  if (!lane.has('ret')) return { ret: 0 };
  const [narrow, wide] = [lane.addressOf('ret', 4), lane.addressOf('ret', 8)];
  if (narrow !== undefined) return { ret: lane.isSigned('ret') ? narrow : 0, retShift: 2 };
  return { ret: wide === undefined ? undefined : wide + 4, retShift: 3 };
}
