// The completion of a submission, and the submission of a completion.
import type { OpenedFile, Search, Session } from '../session.ts';
import { numberOf } from './field.ts';

/** A record of one of the files. */
export interface RecordPlace {
  readonly file: number;
  readonly index: number;
}

/** The other half and the time between both, or why there is none. */
export type OtherHalf =
  | (RecordPlace & { readonly latencyNs: bigint })
  | { readonly reason: string };

/** What is asked of a session. */
type Asked = Pick<Session, 'rows' | 'find' | 'atTime'>;

/** Captures have records out of order by up to half of this (ns). */
const DISORDER = 1_000_000n;

/** Records that show whether both files name processes alike. */
const LOOK_ROWS = 256;

interface Half extends RecordPlace {
  readonly ts: bigint;
  readonly addr: bigint;
  readonly data: bigint;
  readonly pid: bigint | undefined;
}

/** The name of the same field in both kinds. */
const NAMES = {
  iocb: { addr: 'addr', data: 'aio_data' },
  io_event: { addr: 'obj', data: 'data' },
} as const;

type HalfKind = keyof typeof NAMES;

const isHalf = (kind: OpenedFile['kind']): kind is HalfKind => kind in NAMES;

/** Whether records have what halves are found by. */
const canMatch = ({ kind, columns }: OpenedFile): boolean =>
  isHalf(kind) &&
  ['ts', NAMES[kind].addr].every((name) => columns.some((each) => each.name === name));

class Halves {
  readonly #session: Asked;
  readonly #files: readonly OpenedFile[];
  readonly #signal: AbortSignal;

  constructor(session: Asked, files: readonly OpenedFile[], signal: AbortSignal) {
    this.#session = session;
    this.#files = files;
    this.#signal = signal;
  }

  async read({ file, index }: RecordPlace): Promise<Half | undefined> {
    const opened = this.#files[file];
    if (!isHalf(opened.kind) || !canMatch(opened)) return undefined;
    const { bytes } = await this.#session.rows(file, index, 1);
    const { addr, data } = NAMES[opened.kind];
    const value = (name: string) => numberOf(bytes, opened, name) ?? 0n;
    const pid = numberOf(bytes, opened, 'pid');
    return { file, index, ts: value('ts'), addr: value(addr), data: value(data), pid };
  }

  /** The files of a kind that can have the other half. */
  of(kind: HalfKind): number[] {
    return [...this.#files.keys()].filter(
      (file) => this.#files[file].kind === kind && canMatch(this.#files[file]),
    );
  }

  /** The condition of one address in a file, and of its process where both files name it alike. */
  async at(file: number, half: Half, withData: boolean): Promise<string> {
    const { kind } = this.#files[file];
    const names = NAMES[kind as HalfKind];
    const parts = [`${names.addr}=${half.addr}`];
    if (withData) parts.push(`${names.data}=${half.data}`);
    const isOne = file === half.file || (await this.#nameAlike(file, half.file));
    if (half.pid !== undefined && isOne) parts.push(`pid=${half.pid}`);
    return parts.join(' and ');
  }

  async #nameAlike(a: number, b: number): Promise<boolean> {
    const [these, those] = await Promise.all([this.#pids(a), this.#pids(b)]);
    return [...these].some((pid) => those.has(pid));
  }

  async #pids(file: number): Promise<Set<bigint>> {
    const opened = this.#files[file];
    const { bytes } = await this.#session.rows(file, 0, LOOK_ROWS);
    const pids = new Set<bigint>();
    for (let at = 0; at + opened.stride <= bytes.byteLength; at += opened.stride) {
      const pid = numberOf(bytes.subarray(at, at + opened.stride), opened, 'pid');
      if (pid !== undefined) pids.add(pid);
    }
    return pids;
  }

  async find(file: number, where: string, from: number, direction: Search['direction']) {
    const search = { where, from, direction };
    const { index } = await this.#session.find(file, search, this.#signal);
    return index === undefined ? undefined : this.read({ file, index });
  }

  /** The first record of a file that may be at or after a time; its end if none is. */
  async since(file: number, time: bigint): Promise<number> {
    const { index } = await this.#session.atTime(file, time, this.#signal);
    return index ?? this.#files[file].records ?? Number.MAX_SAFE_INTEGER;
  }

  /** Whether the address of a submission was submitted again before a time. */
  async isReused(half: Half, before: bigint): Promise<boolean> {
    const again = await this.at(half.file, half, false);
    const where = `(${again} and ts>${half.ts} and ts<${before}) or ts>${before + DISORDER}`;
    const next = await this.find(half.file, where, half.index + 1, 'forward');
    return next !== undefined && next.ts < before;
  }

  async completionOf(half: Half): Promise<Half | string> {
    let first: Half | undefined;
    for (const file of this.of('io_event')) {
      const where = `${await this.at(file, half, true)} and ts>=${half.ts}`;
      const from = await this.since(file, half.ts - DISORDER);
      const found = await this.find(file, where, from, 'forward');
      if (found !== undefined && (first === undefined || found.ts < first.ts)) first = found;
    }
    if (first === undefined) return 'no completion of it is in these files';
    if (await this.isReused(half, first.ts))
      return 'its address was reused before the next completion';
    return first;
  }

  async submissionOf(half: Half): Promise<Half | string> {
    let last: Half | undefined;
    for (const file of this.of('iocb')) {
      const where = `${await this.at(file, half, true)} and ts<=${half.ts}`;
      const from = (await this.since(file, half.ts + DISORDER)) - 1;
      const found = await this.find(file, where, from, 'backward');
      if (found !== undefined && (last === undefined || found.ts > last.ts)) last = found;
    }
    if (last === undefined) return 'no submission of it is in these files';
    const own = await this.completionOf(last);
    if (typeof own === 'string' || own.file !== half.file || own.index !== half.index)
      return 'the last submission at its address has another completion';
    return last;
  }
}

/**
 * Finds the other half of a submission or completion by process, address and `data`: the first
 * completion at or after the submission, unless the address was submitted again before it.
 *
 * @throws what the session rejects with
 */
export async function otherHalf(
  session: Asked,
  files: readonly OpenedFile[],
  place: RecordPlace,
  signal: AbortSignal,
): Promise<OtherHalf> {
  const halves = new Halves(session, files, signal);
  const { kind } = files[place.file];
  if (!isHalf(kind)) return { reason: 'the slots of a ring have no times to match by' };
  const half = await halves.read(place);
  if (half === undefined) return { reason: 'its records have no times or addresses to match on' };
  const other = kind === 'iocb' ? 'io_event' : 'iocb';
  if (halves.of(other).length === 0) {
    const what =
      kind === 'iocb' ? 'completions with times' : 'submissions with addresses and times';
    return { reason: `no file has ${what}` };
  }
  const found = await (kind === 'iocb' ? halves.completionOf(half) : halves.submissionOf(half));
  if (typeof found === 'string') return { reason: found };
  const latencyNs = kind === 'iocb' ? found.ts - half.ts : half.ts - found.ts;
  return { file: found.file, index: found.index, latencyNs };
}
