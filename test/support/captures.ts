// The captures and their ground truth. Every folder of captures is a list of tests; a capture that
// two folders have is tested once.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { Kind } from '../../src/node.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures/captures', import.meta.url));
const FOLDERS = [FIXTURES, process.env.AIOSCOPE_CAPTURES].filter(
  (folder): folder is string => folder !== undefined && folder !== '',
);

/** Why a test of a capture is skipped. */
export const notShipped = (name: string): string =>
  `${name} is not shipped; AIOSCOPE_CAPTURES names the folder that has it`;

export type Counts = Readonly<Record<string, number>>;
export type Fields = Readonly<Record<string, { min: string; max: string; sum: string }>>;

/** Tables by value; one is complete only if `by_X_distinct` is the number of its keys. */
type Tables<X extends string> = { readonly [K in `by_${X}`]: Counts } & {
  readonly [K in `by_${X}_distinct`]: number;
};

export type IocbTruth = Tables<
  'fd' | 'flags' | 'rw_flags' | 'reqprio' | 'resfd' | 'nbytes' | 'pid' | 'tid'
> & {
  readonly fields: Fields;
  readonly by_opcode: Readonly<Record<string, { name: string; count: number; nbytes_sum: string }>>;
  readonly by_opcode_fd: Readonly<Record<string, { count: number; nbytes_sum: string }>>;
};

export type EventTruth = Tables<'res' | 'pid' | 'tid'> & {
  readonly fields: Fields;
  readonly errors_by_res: Counts;
  readonly errors_by_res_distinct: number;
  readonly errors: number;
  readonly res_nonneg_sum: string;
  readonly res2_nonzero: number;
};

export interface Truth {
  readonly records: { readonly iocb: number; readonly ioev: number };
  readonly iocb: IocbTruth;
  readonly ioev: EventTruth;
}

interface RingEvent {
  readonly slot: number;
  readonly data: string;
  readonly obj: string;
  readonly res: string;
  readonly res2: string;
}

export interface RingTruth {
  readonly header: Readonly<Record<string, number>>;
  readonly wraps: boolean;
  readonly unreaped: number;
  readonly stale_slots: number;
  readonly never_used_slots: number;
  readonly unreaped_events_in_order: readonly RingEvent[];
  readonly stale_events_in_slot_order: readonly RingEvent[];
}

/** One dump of a capture: its format and path. */
export interface Dump {
  readonly label: string;
  readonly path: string;
  readonly truthPath: string;
  readonly kind: Kind;
  readonly section: 'iocb' | 'ioev';
  readonly layout: 'record' | 'traced';
}

const DUMPS = [
  { suffix: 'iocb', kind: 'iocb', section: 'iocb', layout: 'record' },
  { suffix: 'ioev', kind: 'io_event', section: 'ioev', layout: 'record' },
  { suffix: 'iocb88', kind: 'iocb', section: 'iocb', layout: 'traced' },
  { suffix: 'ioev56', kind: 'io_event', section: 'ioev', layout: 'traced' },
] as const;

/** The path of a file, or of its gzip if only that exists. */
const found = (path: string): string | undefined =>
  [path, `${path}.gz`].find((candidate) => existsSync(candidate));

/** Whether another folder has all files of a capture, byte for byte, but for logs of strace. */
const hasSame = (other: string, folder: string, capture: string): boolean =>
  readdirSync(folder)
    .filter((file) => file.startsWith(`${capture}.`) && !file.endsWith('.strace.gz'))
    .map((file) => [join(folder, file), join(other, file)])
    .every(([path, same]) => existsSync(same) && readFileSync(path).equals(readFileSync(same)));

/** Every name of a file with this extension in the folders; copies of a capture are left out. */
const named = (ending: string): { folder: string; name: string }[] =>
  FOLDERS.flatMap((folder, i) =>
    readdirSync(folder)
      .filter((file) => file.endsWith(ending))
      .map((file) => ({ folder, name: file.slice(0, -ending.length) }))
      .filter(
        ({ name }) =>
          !FOLDERS.slice(0, i).some((other) => hasSame(other, folder, name.split('.')[0])),
      ),
  );

export const captures = named('.gt.json');

export const dumps: readonly Dump[] = captures.flatMap(({ folder, name }) =>
  DUMPS.flatMap(({ suffix, ...dump }) => {
    const path = found(join(folder, `${name}.${suffix}`));
    return path === undefined
      ? []
      : [{ ...dump, label: `${name}.${suffix}`, path, truthPath: join(folder, `${name}.gt.json`) }];
  }),
);

/** Those that are shipped: of every kind some, where more of the same would say no more. */
export const shipped = dumps.filter(({ path }) => path.startsWith(FIXTURES));

export const rings = named('.ring.json').flatMap(({ folder, name }) => {
  const path = found(join(folder, `${name}.ring`));
  return path === undefined
    ? []
    : [{ label: `${name}.ring`, path, truthPath: join(folder, `${name}.ring.json`) }];
});

export const truthOf = <T>(truthPath: string): T =>
  JSON.parse(readFileSync(truthPath, 'utf8')) as T;

export function bytesOf(path: string): Uint8Array {
  const bytes = readFileSync(path);
  return path.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

/** The bytes in chunks of odd sizes, small enough to split records anywhere. */
export async function* chunked(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const sizes = [1, 63, 4093, 65537, 262143];
  for (let at = 0, turn = 0; at < bytes.byteLength; turn += 1) {
    const size = sizes[turn % sizes.length];
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

/** All values of an async iterable. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The bytes of all chunks. */
export const joined = async (chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> =>
  new Uint8Array(Buffer.concat(await collect(chunks)));
