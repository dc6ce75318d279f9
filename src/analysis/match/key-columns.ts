// The columns of a stream that matching reads, as words.
import { AioscopeError } from '../../errors.ts';
import type { InputStream } from './input-stream.ts';

/** @throws AioscopeError `AIOSCOPE_UNMATCHABLE` if the column is missing */
function needed(words: Uint32Array | null, name: string): Uint32Array {
  if (words !== null) return words;
  throw new AioscopeError('AIOSCOPE_UNMATCHABLE', `records have no ${name} to match by`);
}

/** The columns that form the key of a record, as words; zeros for those that are not part of it. */
export class KeyColumns {
  readonly #stream: InputStream;
  readonly key: Uint32Array;
  readonly keyPid: Uint32Array;
  readonly ctx: Uint32Array;
  readonly ts: Uint32Array;

  constructor(stream: InputStream, key: string, joinsProcess: boolean, joinsContext: boolean) {
    const zeros = new Uint32Array(stream.ts.length);
    this.#stream = stream;
    this.ts = stream.ts;
    this.key = needed(stream.wide(key), key);
    this.keyPid = (joinsProcess ? stream.narrow('pid') : null) ?? zeros;
    this.ctx = (joinsContext ? stream.wide('ctx') : null) ?? zeros;
  }

  /** The index of the record in row 0. */
  get first(): number {
    return this.#stream.first;
  }
}

/** The columns of submissions that matching reads. */
export class SubmissionColumns extends KeyColumns {
  readonly pid: Uint32Array;
  readonly data: Uint32Array;
  readonly opcode: Uint32Array;
  readonly rwFlags: Uint32Array;
  readonly fd: Uint32Array;
  readonly nbytes: Uint32Array;
  readonly buf: Uint32Array;
  readonly offset: Uint32Array;
  /** Null if threads are not known. */
  readonly tid: Uint32Array | null;
  readonly #ret: Uint32Array | null;

  constructor(stream: InputStream, key: string, joinsProcess: boolean, joinsContext: boolean) {
    super(stream, key, joinsProcess, joinsContext);
    this.pid = stream.narrow('pid') ?? new Uint32Array(stream.ts.length);
    this.data = needed(stream.wide('aio_data'), 'aio_data');
    this.opcode = needed(stream.narrow('aio_lio_opcode'), 'aio_lio_opcode');
    this.rwFlags = needed(stream.narrow('aio_rw_flags'), 'aio_rw_flags');
    this.fd = needed(stream.narrow('aio_fildes'), 'aio_fildes');
    this.nbytes = needed(stream.wide('aio_nbytes'), 'aio_nbytes');
    this.buf = needed(stream.wide('aio_buf'), 'aio_buf');
    this.offset = needed(stream.wide('aio_offset'), 'aio_offset');
    this.tid = stream.narrow('tid');
    this.#ret = stream.wide('ret');
  }

  /** Returns whether io_submit returned an error for row `i`. */
  isRefused(i: number): boolean {
    return this.#ret !== null && this.#ret[2 * i + 1] >= 2 ** 31;
  }
}

/** Words that `wordsOf` returns. */
const ROW_WORDS = 13;

/** The columns of completions that matching reads. */
export class CompletionColumns extends KeyColumns {
  readonly data: Uint32Array;
  readonly res: Uint32Array;
  readonly res2: Uint32Array;
  readonly tid: Uint32Array;
  /** The words of the last row of the block before; empty in the first one. */
  before: Uint32Array = new Uint32Array(0);

  constructor(stream: InputStream, key: string, joinsProcess: boolean, joinsContext: boolean) {
    super(stream, key, joinsProcess, joinsContext);
    this.data = needed(stream.wide('data'), 'data');
    this.res = needed(stream.wide('res'), 'res');
    this.res2 = needed(stream.wide('res2'), 'res2');
    this.tid = stream.narrow('tid') ?? new Uint32Array(stream.ts.length);
    const before = new Uint32Array(ROW_WORDS);
    stream.onLeave(() => {
      this.before = this.wordsOf(stream.count - 1, before);
    });
  }

  /** Whether two rows are equal but for their times. */
  areEqual(i: number, j: number): boolean {
    const { key, ctx, data, res, res2, keyPid } = this;
    const isSame = (words: Uint32Array) =>
      words[2 * i] === words[2 * j] && words[2 * i + 1] === words[2 * j + 1];
    return (
      isSame(key) &&
      isSame(res) &&
      isSame(data) &&
      isSame(res2) &&
      isSame(ctx) &&
      keyPid[i] === keyPid[j]
    );
  }

  /** The words of a row: those of its time, then those by which it can repeat another. */
  wordsOf(row: number, words: Uint32Array = new Uint32Array(ROW_WORDS)): Uint32Array {
    const { ts, key, ctx, data, res, res2, keyPid } = this;
    for (let word = 0; word < 2; word++) {
      const from = 2 * row + word;
      words[word] = ts[from];
      words[2 + word] = key[from];
      words[4 + word] = ctx[from];
      words[6 + word] = data[from];
      words[8 + word] = res[from];
      words[10 + word] = res2[from];
    }
    words[12] = keyPid[row];
    return words;
  }
}

/**
 * Returns a test of whether Linux always refuses row `i`, so that it is never in flight. If it is
 * known which submissions were refused, the stream lacks that column and the test is always false.
 */
export function neverOpens(submissions: InputStream): (i: number) => boolean {
  const refusals = submissions.narrow('firstRefusal');
  return refusals === null ? () => false : (i) => refusals[i] !== 0;
}
