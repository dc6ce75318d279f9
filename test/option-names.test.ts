// Does every function refuse an option that it does not have, and take each that it has?
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type BenchOptions, bench } from '../src/bench.ts';
import { summarizeInWorker, type WorkerOptions } from '../src/browser.ts';
import { type CaptureOptions, capture } from '../src/capture/index.ts';
import {
  type ConnectionOptions,
  dropLoad,
  type LoadOptions,
  listLoads,
  loadBatches,
  type StatementOptions,
  tableStatements,
} from '../src/clickhouse/index.ts';
import {
  connect,
  type DuckDBOptions,
  type ExportOptions,
  exportParquet,
  queryRows,
} from '../src/duckdb/index.ts';
import { type GenerateOptions, generate } from '../src/generate/index.ts';
import { type ImportOptions, importLog } from '../src/import.ts';
import { checkOptions } from '../src/layout/option-names.ts';
import {
  type CheckOption,
  type CheckOptions,
  check,
  type DecodeOptions,
  decode,
  type EncodeOptions,
  encode,
  type FormatOptions,
  findRings,
  type InspectOptions,
  inspect,
  type MatchOptions,
  match,
  matchRings,
  type OpenOptions,
  type OpenRequestOptions,
  type OpenSourceOptions,
  open,
  openPairs,
  openRequests,
  openSource,
  type PairOptions,
  type ReadOptions,
  type ReportOptions,
  type ReportPairOptions,
  type RingMatchOptions,
  report,
  resolveSchema,
  type SummarizeOptions,
  type SurveyManyOptions,
  type SurveyOptions,
  summarize,
  survey,
} from '../src/node.ts';
import { type ArrowOptions, arrowFile, arrowStream } from '../src/sinks/arrow.ts';
import {
  type ParquetOptions,
  type PartitionOptions,
  parquetFile,
  parquetPartitions,
} from '../src/sinks/parquet.ts';
import { type CsvOptions, csvRows, ndjsonRows, type RowOptions } from '../src/text.ts';
import './support/duckdb.ts';

const layout = 'traced';
const submissions = encode(
  [1, 2].map((i) => ({ ts: i, addr: 64 * i, pid: 7, tid: 7, aio_nbytes: 512 })),
  { kind: 'iocb', layout },
);
const completions = encode(
  [1, 2].map((i) => ({ ts: i + 10, pid: 7, tid: 7, obj: 64 * i, res: 512 })),
  { kind: 'io_event', layout },
);
const batch = decode(completions, { kind: 'io_event', layout });
const stream = () => open(completions, { kind: 'io_event', layout });

/** Runs whatever a function returns to its end. */
async function finished(result: unknown): Promise<void> {
  const value = await result;
  if (typeof value !== 'object' || value === null) return;
  if (Symbol.asyncIterator in value) for await (const _ of value as AsyncIterable<unknown>);
  else if (Symbol.iterator in value) for (const _ of value as Iterable<unknown>);
}

const never = new AbortController().signal;
const format = { kind: 'io_event', layout, endian: 'little' } as const;
const select = { where: 'pid>0', from: '+0s', to: '+1s', since: 0n } as const;
const reading = { signal: never, onProgress: () => {} };
const absent = [{ field: 'tid', opcodes: 'all' }] as const;
const decoding = { ...format, absent, ...select, check: 'linux', engine: 'auto' } as const;
const analysis = {
  ...{ ...format, absent, ...select, ...reading },
  ...{ engine: 'auto', compression: 'auto', follow: undefined, name: 'x' },
} as const;
/** The bytes of a ring of one slot that are not 0: nr, magic, compat_features, header_length. */
const RING_BYTES = new Map([
  [4, 1],
  [16, 0xa1],
  [17, 0x10],
  [18, 0x0a],
  [19, 0xa1],
  [20, 1],
  [28, 32],
]);
/** Nothing listens there. */
const connection = {
  ...{ url: ['http://127.0.0.1:1'], user: 'loader', password: 'x', database: 'aio' },
  ...{ caCertificate: undefined, timeoutMs: 1000 },
};
const REFUSED = 'nothing listens there';
const side = { layout, endian: 'little' } as const;
const ringImage = Uint8Array.from({ length: 64 }, (_, at) => RING_BYTES.get(at) ?? 0);
const ringMatching = {
  ...{ ...reading, engine: 'auto', compression: 'auto' },
  ...{ submissions: side, rings: { endian: 'little' }, refused: [], from: '+0s', to: '+1s' },
} as const;
const times = { clockOffset: 0, tsUnit: 'ns', dedupe: false, workers: 1 } as const;
const pairing = {
  ...{ ...select, ...reading, engine: 'auto', compression: 'auto' },
  ...{ submissions: side, completions: side, refused: [], ...times, workers: 1 },
} as const;
const growing = {
  onPart: () => {},
  everyMs: 100,
  zones: [],
  records: undefined,
  slowest: 1,
} as const;
const matching = {
  ...{ ...reading, engine: 'auto', compression: 'auto', order: 'time', key: 'address' },
  ...{
    submissions: side,
    completions: side,
    refused: [],
    from: '+0s',
    to: '+1s',
    slowest: 1,
    open: 1,
  },
  ...times,
} as const;
const rows = { columns: ['res'], names: true, int64: 'auto', begin: 0, end: 1 } as const;
const table = { columns: ['res'], names: true, tsType: 'u64', metadata: {} } as const;
const parquet = { ...table, codec: 'none', zstd: undefined, rows: 10 } as const;

/** A function and a call of it. */
interface Case {
  readonly name: string;
  readonly options: object;
  readonly call: (options: never) => unknown;
  /** The error of this call with all options, where it has to end early. */
  readonly error: string | undefined;
}

/** A function with all of its options: tsc refuses a case that lacks one. */
const of = <T>(
  name: string,
  options: Readonly<Record<keyof T, unknown>> & object,
  call: Case['call'],
  error?: string,
): Case => ({ name, options, call, error });

const CASES: readonly Case[] = [
  of<DecodeOptions>('decode', decoding, (given) => decode(completions, given)),
  of<OpenOptions>(
    'open',
    {
      ...{ ...decoding, ...reading },
      ...{ compression: 'auto', follow: undefined, workers: 1, batchSize: 2, owned: true },
    },
    (given) => open(completions, given),
  ),
  of<OpenSourceOptions>(
    'openSource',
    {
      ...{ ...format, absent, signal: never, compression: 'auto', follow: undefined },
      ...{ whereEmpty: format, detectLayout: true },
    },
    (given) => openSource(completions, given),
  ),
  of<FormatOptions & CheckOption>('resolveSchema', { ...format, check: 'linux' }, (given) =>
    resolveSchema(given),
  ),
  // Nothing is captured before it is iterated.
  of<CaptureOptions>(
    'capture',
    {
      ...{ pids: [1], command: ['true'], method: 'auto', durationMs: 10, onProgress: () => {} },
      ...{ bufferBytes: 4096, slots: 1, where: 'fd=1' },
    },
    (given) => void capture(given),
  ),
  of<ImportOptions>(
    'importLog',
    {
      ...reading,
      compression: 'auto',
      format: 'hexdump',
      kind: 'iocb',
      dayNs: 0n,
      onUnparsed: () => {},
    },
    (given) => importLog(new Uint8Array(0), given),
  ),
  of<EncodeOptions>('encode', { ...format, ring: {} }, (given) => encode([{ res: 1 }], given)),
  of<SurveyOptions>('survey', { ...analysis, workers: 1, ...growing }, (given) =>
    survey(completions, given),
  ),
  of<SurveyManyOptions>(
    'survey of several sources',
    { ...pairing, ...growing },
    (given) => survey([submissions, completions], given),
    'not recognized',
  ),
  of<SummarizeOptions>('summarize', { ...analysis, workers: 1 }, (given) =>
    summarize(completions, given),
  ),
  of<InspectOptions>('inspect', { ...format, compression: 'auto' }, (given) =>
    inspect(completions, given),
  ),
  of<RingMatchOptions>('matchRings', ringMatching, (given) =>
    matchRings(submissions, [ringImage], given),
  ),
  of<MatchOptions>('match', { ...matching, where: 'pid>0' }, (given) =>
    match(submissions, completions, given),
  ),
  of<PairOptions>('openPairs', { ...matching, where: 'res>0' }, (given) =>
    openPairs(submissions, completions, given),
  ),
  of<OpenRequestOptions>('openRequests', { ...matching, where: 'age>=0' }, (given) =>
    openRequests(submissions, completions, given),
  ),
  of<CheckOptions>('check', { ...analysis, profile: 'linux', workers: 1 }, (given) =>
    check(completions, given),
  ),
  of<ReportOptions>('report', { ...analysis, firstIndex: 0, tsUnit: 'ns', workers: 1 }, (given) =>
    report(completions, given),
  ),
  of<ReportPairOptions>('report of two sources', pairing, (given) =>
    report(submissions, completions, given),
  ),
  of<ReadOptions & { compression?: string }>(
    'findRings',
    { ...reading, compression: 'auto' },
    (given) => findRings(completions, given),
  ),
  of<GenerateOptions>('generate', { ...format, records: 2, seed: 1 }, (given) => generate(given)),
  of<BenchOptions>(
    'bench',
    { ...format, compression: 'auto', engine: 'auto', onProgress: undefined, time: 0 },
    (given) => bench(completions, given),
    'time is 0',
  ),
  of<CsvOptions>('csvRows', { ...rows, formulas: 'keep' }, (given) => csvRows(batch, given)),
  of<RowOptions>('ndjsonRows', rows, (given) => ndjsonRows(batch, given)),
  of<ArrowOptions>('arrowStream', { ...table, views: true }, (given) =>
    arrowStream(stream(), given),
  ),
  of<ArrowOptions>('arrowFile', { ...table, views: true }, (given) => arrowFile(stream(), given)),
  of<ParquetOptions>('parquetFile', parquet, (given) => parquetFile(stream(), given)),
  of<PartitionOptions>('parquetPartitions', { ...parquet, by: 'records', size: 1 }, (given) =>
    parquetPartitions(stream(), given),
  ),
  of<WorkerOptions>('summarizeInWorker', { ...analysis, workers: 1 }, (given) =>
    summarizeInWorker(new Blob([Uint8Array.from(completions)]), given),
  ),
  of<ConnectionOptions>('listLoads', connection, (given) => listLoads(given), REFUSED),
  of<ConnectionOptions>('dropLoad', connection, (given) => dropLoad('monday', given), REFUSED),
  of<LoadOptions>(
    'loadBatches',
    { ...connection, ...reading, load: 'monday', file: 'dump', chunkRows: 1, selection: '' },
    (given) => loadBatches(stream(), given),
    REFUSED,
  ),
  of<StatementOptions>(
    'tableStatements',
    { database: 'aio', cluster: 'storage', replicated: true, codecs: false },
    (given) => tableStatements(given),
  ),
  of<DuckDBOptions>(
    'connect',
    { ...format, ...reading, engine: 'auto', compression: 'auto', query: 'selec' },
    (given) => connect(completions, given),
    'syntax error',
  ),
  of<ExportOptions>(
    'exportParquet',
    {
      ...{ ...format, ...select, ...reading, ...table, codec: 'none' },
      ...{ engine: 'auto', compression: 'auto', onConnection: () => {} },
    },
    (given) => exportParquet([completions], '/nowhere', given),
  ),
];

/** What a call throws or rejects with; undefined if it succeeds. */
async function faultOf(call: () => unknown): Promise<unknown> {
  try {
    await finished(call());
  } catch (error) {
    return error;
  }
  return undefined;
}

test('every function of a door that takes options has a case', () => {
  const documented = readdirSync('docs/api').flatMap((page) => {
    const text = readFileSync(`docs/api/${page}`, 'utf8');
    return [...text.matchAll(/^function (\w+)[^\n]*[(,] ?options\??:/gm)].map(([, name]) => name);
  });
  const tested = [...CASES.map(({ name }) => name.split(' ')[0]), 'queryRows'];
  expect([...new Set(documented)].sort()).toEqual([...new Set(tested)].sort());
});

/** Options that have no default. */
const REQUIRED = ['kind', 'records', 'by', 'size'];

test.each(CASES)('$name takes all of its options, undefined ones too', async (each) => {
  const { options, call, error } = each;
  const fault = await faultOf(() => call(options as never));
  if (error === undefined) expect(fault).toBeUndefined();
  else expect(String(fault)).toContain(error);
  const names = Object.keys(options).filter((name) => !REQUIRED.includes(name));
  const given = { ...options, ...Object.fromEntries(names.map((name) => [name, undefined])) };
  expect(String(await faultOf(() => call(given as never)))).not.toContain('has no option');
});

/** What an error of an unknown option lists as known. */
const known = (fault: unknown): string[] =>
  (/its options are (.*)$/.exec(String(fault))?.[1] ?? '').split(', ').sort();

const everyName = new Set(CASES.flatMap(({ options }) => Object.keys(options)));

test.each(CASES)('$name has no option of another, nor a misspelt one', async (each) => {
  const { name, options, call } = each;
  const others = [...everyName].filter((other) => !Object.hasOwn(options, other));
  for (const other of ['layuot', '', '__proto', ...others]) {
    const given = { ...options, [other]: undefined };
    const fault = await faultOf(() => call(given as never));
    const message = expect.stringContaining(`${name} has no option '${other}'; its options are `);
    expect(fault, other).toMatchObject({ code: 'AIOSCOPE_OPTION', message });
    expect(known(fault)).toEqual(Object.keys(options).sort());
  }
});

test('options within options are checked', async () => {
  const none = openSource(completions, { whereEmpty: { kind: 'iocb', knid: 1 } as never });
  await expect(none).rejects.toThrow("whereEmpty has no option 'knid'");
  const wrong = { layout, endain: 'little' } as never;
  const given = [submissions, completions, { completions: wrong }] as const;
  const message = "completions has no option 'endain'; its options are layout, endian";
  await expect(match(...given)).rejects.toThrow(message);
  await expect(report(...given)).rejects.toThrow(message);
  expect(() => encode([], { kind: 'aio_ring', ring: { haed: 1 } as never })).toThrow(
    "ring has no option 'haed'; its options are id, nr, head, tail, ",
  );
  const { message: ofInput } = (await faultOf(() =>
    connect({ source: completions, layuot: 'traced' } as never),
  )) as Error;
  expect(ofInput).toContain("an input has no option 'layuot'; its options are kind, layout, ");
});

test('queryRows refuses an option before it queries', async () => {
  const rows = queryRows(undefined as never, 'select 1', { bigInt: true } as never);
  await expect(rows.next()).rejects.toThrow(
    "queryRows has no option 'bigInt'; its options are bigint",
  );
});

test('a long name is shortened', () => {
  expect(() => decode(completions, { ...format, ['x'.repeat(1e6)]: 1 })).toThrow(
    `decode has no option '${'x'.repeat(79)}…'; its options are `,
  );
});

test('a list that lacks a name, or has another, does not compile', () => {
  const options: { readonly kind?: string; readonly layout?: string } = {};
  checkOptions('x', options, ['kind', ['layout']]);
  // @ts-expect-error layout is missing
  checkOptions('x', options, ['kind']);
  // @ts-expect-error engine is no option
  checkOptions('x', options, ['kind', 'layout', 'engine']);
});
