// Is an argument or option of a wrong type an error with a code, in every function of every door?
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { connect } from '../src/duckdb/index.ts';
import {
  AioscopeError,
  check,
  decode,
  match,
  open,
  openSource,
  report,
  Summary,
  summarize,
} from '../src/node.ts';
import { openTrace } from '../src/trace-node.ts';
import { fixture } from './support/cli.ts';
import './support/duckdb.ts';

const root = new URL('../', import.meta.url);
const bytes = new Uint8Array(readFileSync(new URL('examples/fio_nowait.ioev', root))).slice(0, 320);
const batch = decode(bytes, { kind: 'io_event' });
const submissions = fixture('case_sync.iocb88');
const completions = fixture('case_sync.ioev56');
const ring = fixture('qemu_bench_read.wrap.ring');

const summary = await summarize(bytes, { kind: 'io_event' });
const checked = await check(bytes, { kind: 'io_event' });
const reported = await report(bytes, { kind: 'io_event' });
const opened = await openSource(bytes, { kind: 'io_event' });
const matched = await match(submissions, completions);
const connection = await connect(completions);
const trace = await openTrace(fixture('../case_rwf.trace'));
const folder = mkdtempSync(join(tmpdir(), 'aioscope-wrong-types-'));
afterAll(async () => {
  await connection.close();
  rmSync(folder, { recursive: true });
});

/** Values of every type. */
const VALUES: Record<string, unknown> = {
  null: null,
  true: true,
  number: 5.5,
  NaN: Number.NaN,
  bigint: 3n,
  text: 'nonsense',
  symbol: Symbol('nonsense'),
  function: () => 5,
  object: {},
  bare: Object.create(null),
  list: [],
  nested: [[null]],
};
type Name = keyof typeof VALUES;

/** A parameter: a value that it takes, and the names of others that it takes. */
interface Parameter {
  readonly good: () => unknown;
  readonly takes?: readonly Name[];
  /** Whether it may be left out. */
  readonly isOptional?: boolean;
}

const value = (good: unknown, ...takes: Name[]): Parameter => ({ good: () => good, takes });
const optional = (good: unknown, ...takes: Name[]): Parameter => ({
  ...value(good, ...takes),
  isOptional: true,
});
/** Options; those that a function has are found and tried one by one. */
const options = (good: object = {}): Parameter => ({
  good: () => good,
  takes: ['object', 'bare'],
  isOptional: true,
});
const required = (good: object): Parameter => ({ good: () => good });
// A list is an iterable of chunks: an empty source. A text is a path that does not exist.
const source: Parameter = { good: () => bytes, takes: ['list'] };
const batches: Parameter = { good: () => open(bytes, { kind: 'io_event' }) };
const number = value(1, 'number', 'NaN');

/** Nothing listens there, which is an error with a code, too. */
const unreachable = { url: ['http://127.0.0.1:1'] };

/** The parameters of every function, by door. */
const FUNCTIONS: Record<string, Record<string, readonly Parameter[]>> = {
  aioscope: {
    open: [source, options({ kind: 'io_event' })],
    decode: [value(bytes), required({ kind: 'io_event' })],
    encode: [value([{ res: 1n }], 'list'), required({ kind: 'io_event' })],
    useKernel: [value(undefined)],
    resolveSchema: [required({ kind: 'io_event' })],
    openSource: [source, options({ kind: 'io_event' })],
    summarize: [source, options({ kind: 'io_event' })],
    survey: [source, options({ kind: 'io_event' })],
    inspect: [source, options()],
    check: [source, options({ kind: 'io_event' })],
    findRings: [source, options()],
    // Without completions a source would have to be a trace, which says so.
    match: [value(submissions, 'list'), value(completions, 'list'), options()],
    matchRings: [value(submissions, 'list'), value([ring], 'list'), options()],
    openPairs: [value(submissions, 'list'), value(completions, 'list'), options()],
    openRequests: [value(submissions, 'list'), value(completions, 'list'), options()],
    report: [
      value(submissions, 'list'),
      optional(completions, 'object', 'bare', 'list'),
      options(),
    ],
  },
  'aioscope/abi': {
    errnoName: [number],
    errnoOf: [value('EIO', 'text')],
    iocbFlagNames: [number],
    ioPriority: [number],
    opcodeName: [number],
    pollNames: [number],
    ruleNames: [value([], 'list', 'nested'), number],
    rwFlagNames: [number],
  },
  'aioscope/text': {
    csvCell: [value('text', 'text'), optional('keep')],
    csvHeader: [value(batch.schema), optional(['res'], 'list'), optional(true, 'true')],
    csvRows: [value(batch), options()],
    ndjsonRows: [value(batch), options()],
    placeNames: [value(batch.schema)],
    placeOf: [value(batch), value(0)],
    selectColumns: [value(batch.schema), optional(['res'], 'list')],
  },
  'aioscope/generate': { generate: [required({ kind: 'iocb', records: 10 })] },
  'aioscope/bench': { bench: [{ ...source, isOptional: true }, options({ time: 0.001 })] },
  'aioscope/import': {
    importLog: [value(fixture('case_rwf.strace.gz')), options()],
  },
  'aioscope/trace': {
    decodeCalls: [value(bytes), value('little')],
    isTrace: [optional('/nowhere', ...Object.keys(VALUES))],
    openTrace: [value('/nowhere'), optional(undefined)],
    packTrace: [value(trace)],
  },
  'aioscope/capture': {
    capture: [options()],
    captureScript: [value('sh'), optional(undefined)],
    checkCapture: [optional([1], 'list')],
  },
  'aioscope/browser': { summarizeInWorker: [value(new Blob([bytes])), options()] },
  'aioscope/arrow': { arrowStream: [batches, options()], arrowFile: [batches, options()] },
  'aioscope/parquet': {
    parquetFile: [batches, options()],
    parquetPartitions: [batches, required({ by: 'res' })],
  },
  'aioscope/clickhouse': {
    dropLoad: [value('monday', 'text'), required(unreachable)],
    listLoads: [required(unreachable)],
    loadBatches: [batches, required({ ...unreachable, load: 'monday' })],
    tableStatements: [options(), optional(new Map())],
  },
  'aioscope/duckdb': {
    hasPeer: [],
    connect: [source, options({ kind: 'io_event' })],
    exportParquet: [value([completions], 'list'), value(join(folder, 'out'), 'text'), options()],
    queryArrow: [value(connection), value('SELECT 1', 'text')],
    queryParquet: [
      value(connection),
      value('SELECT 1', 'text'),
      value(join(folder, 'rows'), 'text'),
    ],
    queryRows: [value(connection), value('SELECT 1', 'text'), options()],
  },
};

/** The values that an option takes; the other ones of `VALUES` it refuses. */
const OPTIONS: Record<string, readonly Name[]> = {
  kind: [],
  layout: [],
  endian: [],
  check: [],
  engine: [],
  compression: [],
  order: [],
  key: [],
  profile: [],
  codec: [],
  tsType: [],
  int64: [],
  formulas: [],
  format: [],
  signal: [],
  follow: [],
  onProgress: ['function'],
  onConnection: ['function'],
  onUnparsed: ['function'],
  zstd: ['function'],
  names: ['true'],
  owned: ['true'],
  views: ['true'],
  detectLayout: ['true'],
  bigint: ['true'],
  batchSize: [],
  workers: [],
  begin: [],
  end: [],
  rows: [],
  size: ['number', 'NaN'],
  slowest: [],
  open: [],
  clockOffset: ['bigint'],
  tsUnit: [],
  dedupe: ['true'],
  records: [],
  seed: [],
  time: ['number'],
  firstIndex: [],
  name: ['text'],
  query: ['text'],
  by: [],
  columns: ['list'],
  absent: ['list'],
  where: ['list'],
  from: ['bigint'],
  to: ['bigint'],
  since: ['bigint'],
  dayNs: ['bigint'],
  submissions: ['object', 'bare'],
  completions: ['object', 'bare'],
  whereEmpty: ['object', 'bare'],
  ring: ['object', 'bare'],
  onPart: ['function'],
  everyMs: ['number'],
  zones: ['list'],
  rings: ['object', 'bare'],
  metadata: ['object', 'bare'],
  refused: ['list'],
  pids: ['list'],
  command: [],
  method: [],
  durationMs: [],
  bufferBytes: [],
  url: ['list', 'text'],
  user: ['text'],
  password: ['text'],
  database: ['text'],
  cluster: ['text'],
  caCertificate: ['text'],
  timeoutMs: ['number'],
  load: ['text'],
  file: ['text'],
  chunkRows: [],
  selection: ['text'],
  replicated: ['true'],
  codecs: ['true'],
  slots: [],
};

type Call = (...args: unknown[]) => unknown;
const isIterable = (result: object): result is AsyncIterable<unknown> =>
  Symbol.asyncIterator in result || ('next' in result && Symbol.iterator in result);

/** What a call ends in: everything that it returns is awaited and iterated. */
async function thrownBy(call: () => unknown): Promise<unknown> {
  try {
    const result = await call();
    if (typeof result === 'object' && result !== null && isIterable(result))
      for await (const _ of result);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** What is wrong with how a call ends: it has to throw a coded error. */
async function complaint(what: string, call: () => unknown): Promise<string[]> {
  const thrown = await thrownBy(call);
  if (thrown instanceof AioscopeError) return [];
  return [`${what}: ${thrown === undefined ? 'is taken' : thrown}`];
}

/** The options of a function, as it lists them where there is another. */
async function optionsOf(call: Call, args: readonly unknown[], at: number): Promise<string[]> {
  const given = args.with(at, { ...(args[at] as object), noSuchOption: 1 });
  const thrown = await thrownBy(() => call(...given));
  const [, names] = /its options are (.*)$/.exec(String(thrown)) ?? [];
  return names === undefined ? [] : names.split(', ');
}

/** Everything that a function takes or refuses otherwise than it should. */
async function complaints(call: Call, parameters: readonly Parameter[]): Promise<string[]> {
  const found: string[] = [];
  const good = () => parameters.map((parameter) => parameter.good());
  for (const [at, { takes = [], isOptional = false }] of parameters.entries()) {
    for (const [name, wrong] of Object.entries(VALUES)) {
      if (takes.includes(name)) continue;
      found.push(...(await complaint(`${name} at ${at}`, () => call(...good().with(at, wrong)))));
    }
    if (!isOptional)
      found.push(
        ...(await complaint(`undefined at ${at}`, () => call(...good().with(at, undefined)))),
      );
  }
  const last = parameters.length - 1;
  const names = last < 0 ? [] : await optionsOf(call, good(), last);
  for (const option of names) {
    if (OPTIONS[option] === undefined) found.push(`the option ${option} is not in the table`);
    for (const [name, wrong] of Object.entries(VALUES)) {
      if (OPTIONS[option]?.includes(name)) continue;
      const given = () => {
        const args = good();
        return args.with(last, { ...(args[last] as object), [option]: wrong });
      };
      found.push(...(await complaint(`${option}: ${name}`, () => call(...given()))));
    }
  }
  return found;
}

const { exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
const fileOf = (types: string): string =>
  fileURLToPath(new URL(types.replace('./dist/', 'src/').replace('.d.ts', '.ts'), root));
const doors = await Promise.all(
  Object.entries<{ types?: string }>(exports)
    .filter(([, target]) => typeof target !== 'string')
    .map(async ([path, target]) => {
      const file = fileOf(path === '.' ? './dist/node.d.ts' : (target.types ?? ''));
      const values = Object.entries<unknown>(await import(file));
      const isClass = (each: unknown) => /^class /.test(String(each));
      const functions = values.filter(([, each]) => typeof each === 'function' && !isClass(each));
      return { door: path.replace('.', 'aioscope'), functions: functions as [string, Call][] };
    }),
);

test('the table has every function of every door', () => {
  const names = doors.map(({ door, functions }) => [door, functions.map(([name]) => name).sort()]);
  const table = Object.entries(FUNCTIONS).map(([door, each]) => [door, Object.keys(each).sort()]);
  expect(Object.fromEntries(table)).toEqual(Object.fromEntries(names));
});

describe.each(doors)('$door', ({ door, functions }) => {
  test.each(functions)('%s', async (name, call) => {
    expect(await complaints(call, FUNCTIONS[door]?.[name] ?? [])).toEqual([]);
  });
});

/** The parameters of the methods of what functions return; a class that is internal has none. */
const METHODS: Record<string, Record<string, readonly Parameter[]>> = {
  RecordBatch: {
    absence: [value('res')],
    at: [optional(0, ...Object.keys(VALUES))],
    copy: [],
    cursor: [],
    indexOf: [value(0)],
    named: [value('res'), value(0)],
    numbers: [value('res')],
    offsetOf: [value(0)],
    slotOf: [value(0)],
    stateOf: [value(0)],
  },
  CursorBase: { get: [optional('res', ...Object.keys(VALUES))], next: [] },
  Summary: {
    merge: [value(summary)],
    mergeState: [value(summary.state())],
    section: [value('iocb'), optional('live', ...Object.keys(VALUES))],
    state: [],
    toJSON: [],
  },
  Check: {
    merge: [value(checked)],
    mergeState: [value(checked.state())],
    section: [value('iocb')],
    state: [],
    toJSON: [],
  },
  Report: {
    merge: [value(reported)],
    mergeState: [value(reported.state())],
    state: [],
    toJSON: [],
  },
  Opened: { close: [], prepare: [], reopen: [], take: [] },
  Match: { toJSON: [] },
  RecordReader: {
    close: [],
    ready: [],
    seek: [value(0)],
    start: [optional(undefined, ...Object.keys(VALUES))],
  },
};
const objects = [
  batch,
  batch.cursor(),
  summary,
  checked,
  reported,
  opened,
  matched,
  open(bytes, { kind: 'io_event' }),
];

/** The methods of an object, by the class that declares them. */
function methodsOf(object: object): [string, string][] {
  const found: [string, string][] = [];
  for (
    let at = Object.getPrototypeOf(object);
    at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  )
    for (const [name, { value: method }] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (typeof method === 'function' && name !== 'constructor')
        found.push([at.constructor.name, name]);
  return found;
}

test('the table has every method', () => {
  const found = objects.flatMap(methodsOf).sort();
  const table = Object.entries(METHODS).flatMap(([name, methods]) =>
    Object.keys(methods).map((method) => [name, method]),
  );
  expect(table.sort()).toEqual(found);
});

test.each(objects.map((object) => [methodsOf(object)[0][0], object] as const))(
  'the methods of %s',
  async (_, object) => {
    for (const [name, method] of methodsOf(object)) {
      const call: Call = (...args) => (object as unknown as Record<string, Call>)[method](...args);
      const parameters = METHODS[name]?.[method] ?? [];
      expect(await complaints(call, parameters), method).toEqual([]);
    }
  },
);

test('Summary.ofRanges', async () => {
  const call = Summary.ofRanges as Call;
  expect(await complaints(call, [value([summary.state()])])).toEqual([]);
});
