import { AioscopeError } from '../../errors.ts';
import type { Lane } from './lane.ts';

/** A column that has to be there. */
function needed(words: Uint32Array | null, name: string): Uint32Array {
  if (words !== null) return words;
  throw new AioscopeError('AIOSCOPE_UNMATCHABLE', `records have no ${name} to be matched by`);
}

/** The columns that make the key of a record: one or two words each a row; those that do not join are zeros. */
class KeyColumns {
  readonly key: Uint32Array;
  readonly keyPid: Uint32Array;
  readonly ctx: Uint32Array;
  readonly ts: Uint32Array;

  constructor(lane: Lane, key: string, joinsProcess: boolean, joinsContext: boolean) {
    const zeros = new Uint32Array(lane.ts.length);
    this.ts = lane.ts;
    this.key = needed(lane.wide(key), key);
    this.keyPid = (joinsProcess ? lane.narrow('pid') : null) ?? zeros;
    this.ctx = (joinsContext ? lane.wide('ctx') : null) ?? zeros;
  }
}

/** What matching reads of submissions. */
export class RequestColumns extends KeyColumns {
  readonly pid: Uint32Array;
  readonly data: Uint32Array;
  readonly opcode: Uint32Array;
  readonly rwFlags: Uint32Array;
  readonly fd: Uint32Array;
  readonly nbytes: Uint32Array;
  readonly #ret: Uint32Array | null;

  constructor(lane: Lane, key: string, joinsProcess: boolean, joinsContext: boolean) {
    super(lane, key, joinsProcess, joinsContext);
    this.pid = lane.narrow('pid') ?? new Uint32Array(lane.ts.length);
    this.data = needed(lane.wide('aio_data'), 'aio_data');
    this.opcode = needed(lane.narrow('aio_lio_opcode'), 'aio_lio_opcode');
    this.rwFlags = needed(lane.narrow('aio_rw_flags'), 'aio_rw_flags');
    this.fd = needed(lane.narrow('aio_fildes'), 'aio_fildes');
    this.nbytes = needed(lane.wide('aio_nbytes'), 'aio_nbytes');
    this.#ret = lane.wide('ret');
  }

  /** Whether the envelope says what io_submit returned. */
  get hasRet(): boolean {
    return this.#ret !== null;
  }

  /** Whether io_submit returned an error for row `i`. */
  isRefused(i: number): boolean {
    return this.#ret !== null && this.#ret[2 * i + 1] >= 2 ** 31;
  }
}

/** What matching reads of completions. */
export class ResultColumns extends KeyColumns {
  readonly data: Uint32Array;
  readonly res: Uint32Array;
  readonly res2: Uint32Array;
  readonly tid: Uint32Array;

  constructor(lane: Lane, key: string, joinsProcess: boolean, joinsContext: boolean) {
    super(lane, key, joinsProcess, joinsContext);
    this.data = needed(lane.wide('data'), 'data');
    this.res = needed(lane.wide('res'), 'res');
    this.res2 = needed(lane.wide('res2'), 'res2');
    this.tid = lane.narrow('tid') ?? new Uint32Array(lane.ts.length);
  }
}
