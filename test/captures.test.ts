// Does every capture equal its ground truth?
import { constants } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  type IocbJson,
  type IoEventJson,
  type Log2Bucket,
  type SummarizeOptions,
  type SummaryJson,
  summarize,
} from '../src/node.ts';
import {
  bytesOf,
  type Counts,
  captures,
  chunked,
  type Dump,
  dumps,
  type EventTruth,
  type Fields,
  type IocbTruth,
  type Truth,
  truthOf,
} from './support/captures.ts';

const ENGINES = ['wasm-simd', 'js'] as const;

test('there are captures, and every one has dumps', () => {
  expect(captures.length).toBeGreaterThan(0);
  for (const { folder, name } of captures)
    expect(dumps.some(({ truthPath }) => truthPath === join(folder, `${name}.gt.json`))).toBe(true);
});

const entries = (counts: Counts): { key: number; count: number }[] =>
  Object.entries(counts).map(([key, count]) => ({ key: Number(key), count }));
const ascending = (counts: Counts, key: (value: number) => number) =>
  entries(counts)
    .map((entry) => ({ ...entry, key: key(entry.key) }))
    .sort((a, b) => a.key - b.key);
const signed = (value: number): number => value | 0;
const unsigned = (value: number): number => value >>> 0;
const short = (value: number): number => (value << 16) >> 16;
const total = (counts: number[]): number => counts.reduce((sum, count) => sum + count, 0);

/** A table of the ground truth, or undefined where it was cut. */
const whole = (counts: Counts, distinct: number): Counts | undefined =>
  Object.keys(counts).length === distinct ? counts : undefined;

/** Values of 0 and more by powers of two, from their exact counts. */
function histogram(counts: Counts): Log2Bucket[] {
  const buckets = new Map<string, Log2Bucket>();
  for (const [key, count] of Object.entries(counts)) {
    const value = BigInt(key);
    if (value < 0n) continue;
    const from = value === 0n ? 0n : 2n ** BigInt(value.toString(2).length - 1);
    const to = value === 0n ? 0n : 2n * from - 1n;
    const known = buckets.get(`${from}`)?.count ?? 0;
    buckets.set(`${from}`, { from: `${from}`, to: `${to}`, count: known + count });
  }
  return [...buckets.values()].sort((a, b) => Number(BigInt(a.from) - BigInt(b.from)));
}

const columnsOf = (fields: Fields, records: number) =>
  Object.fromEntries(
    Object.entries(fields).map(([name, { min, max, sum }]) => [
      name,
      records === 0 ? { sum: '0' } : { min, max, sum },
    ]),
  );

/** Minimum, maximum and sum of the envelope's columns, from the bytes. */
function envelopeColumns(bytes: Uint8Array, stride: number) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields = { ts: 0, addr: 8, pid: 16, tid: 20 };
  const columns = Object.entries(fields).map(([name, offset]) => {
    let [min, max, sum] = [2n ** 64n, -1n, 0n];
    for (let at = offset; at < bytes.byteLength; at += stride) {
      const value = offset < 16 ? view.getBigUint64(at, true) : BigInt(view.getUint32(at, true));
      if (value < min) min = value;
      if (value > max) max = value;
      sum += value;
    }
    return [name, max < 0n ? { sum: '0' } : { min: `${min}`, max: `${max}`, sum: `${sum}` }];
  });
  return Object.fromEntries(columns);
}

/** The same of pid and tid from the ground truth. */
function keyColumn(counts: Counts) {
  const keys = Object.keys(counts).map(BigInt);
  if (keys.length === 0) return { sum: '0' };
  const sum = Object.entries(counts).reduce(
    (all, [key, count]) => all + BigInt(key) * BigInt(count),
    0n,
  );
  const sorted = keys.sort((a, b) => Number(a - b));
  return { min: `${sorted[0]}`, max: `${sorted[sorted.length - 1]}`, sum: `${sum}` };
}

/** What each opcode was asked, by descriptor; undefined where the ground truth was cut. */
function descriptors({ by_opcode_fd, by_fd, by_fd_distinct }: IocbTruth, records: number) {
  if (
    whole(by_fd, by_fd_distinct) === undefined ||
    total(Object.values(by_opcode_fd).map(({ count }) => count)) !== records
  )
    return undefined;
  const sums = new Map<number, bigint>();
  for (const [key, { nbytes_sum }] of Object.entries(by_opcode_fd)) {
    const fd = signed(Number(key.split(':')[1]));
    sums.set(fd, (sums.get(fd) ?? 0n) + BigInt(nbytes_sum));
  }
  return ascending(by_fd, signed).map(({ key, count }) => ({
    fd: key,
    count,
    nbytes: `${sums.get(key)}`,
  }));
}

/** The two histograms of aio_nbytes, where all requests belong into one of them. */
function lengths({ by_opcode, by_nbytes, by_nbytes_distinct }: IocbTruth): Partial<IocbJson> {
  const opcodes = Object.keys(by_opcode).map(Number);
  if (whole(by_nbytes, by_nbytes_distinct) === undefined) return {};
  if (opcodes.every((opcode) => opcode === 0 || opcode === 1))
    return { sizes: histogram(by_nbytes), iovecs: [] };
  if (opcodes.every((opcode) => opcode === 7 || opcode === 8))
    return { sizes: [], iovecs: histogram(by_nbytes) };
  return {};
}

/** The ground truth names what kernels take; the header names 4 and 6 besides. */
const opcodeNameOf = (opcode: number, name: string): string | null =>
  [0, 1, 2, 3, 5, 7, 8].includes(opcode)
    ? `IOCB_CMD_${name}`
    : opcode === 4
      ? 'IOCB_CMD_PREADX'
      : opcode === 6
        ? 'IOCB_CMD_NOOP'
        : null;

function expectIocb(
  section: IocbJson | undefined,
  truth: IocbTruth,
  records: number,
  envelope: object,
): void {
  const opcodes = Object.entries(truth.by_opcode).map(([opcode, { name, count, nbytes_sum }]) => ({
    opcode: Number(opcode),
    name: opcodeNameOf(Number(opcode), name),
    count,
    nbytes: nbytes_sum,
  }));
  const fds = descriptors(truth, records);
  expect(section).toMatchObject({
    records,
    opcodes: opcodes.sort((a, b) => a.opcode - b.opcode),
    ...(fds && { fds }),
    ...lengths(truth),
  });
  expect(section?.columns).toEqual({ ...columnsOf(truth.fields, records), ...envelope });
  expectCounts(
    section?.fds.map(({ fd, count }) => ({ key: fd, count })),
    whole(truth.by_fd, truth.by_fd_distinct),
    signed,
  );
  expectCounts(
    section?.flags.map(({ value, count }) => ({ key: value, count })),
    whole(truth.by_flags, truth.by_flags_distinct),
    unsigned,
  );
  expectCounts(
    section?.rwFlags.map(({ value, count }) => ({ key: value, count })),
    whole(truth.by_rw_flags, truth.by_rw_flags_distinct),
    unsigned,
  );
  expectCounts(
    section?.reqprio.map(({ value, count }) => ({ key: value, count })),
    whole(truth.by_reqprio, truth.by_reqprio_distinct),
    short,
  );
  expectCounts(
    section?.resfds.map(({ fd, count }) => ({ key: fd, count })),
    whole(truth.by_resfd, truth.by_resfd_distinct),
    signed,
  );
}

function expectCounts(
  found: { key: number; count: number }[] | undefined,
  counts: Counts | undefined,
  key: (value: number) => number,
): void {
  if (counts === undefined) return;
  expect(found).toEqual(ascending(counts, key));
}

function expectEvents(
  section: IoEventJson | undefined,
  truth: EventTruth,
  records: number,
  envelope: object,
): void {
  const sizes = whole(truth.by_res, truth.by_res_distinct);
  expect(section).toMatchObject({
    records,
    succeeded: records - truth.errors,
    failed: truth.errors,
    bytes: truth.res_nonneg_sum,
    res2Nonzero: truth.res2_nonzero,
    ...(sizes && { sizes: histogram(sizes) }),
  });
  expect(section?.columns).toEqual({ ...columnsOf(truth.fields, records), ...envelope });
  if (whole(truth.errors_by_res, truth.errors_by_res_distinct) === undefined) return;
  expectErrors(section?.errors ?? [], truth.errors_by_res);
}

function expectErrors(errors: IoEventJson['errors'], byRes: Counts): void {
  const possible = ascending(byRes, (res) => -res).filter(({ key }) => key <= 4095);
  const impossible = total(entries(byRes).map(({ key, count }) => (key < -4095 ? count : 0)));
  const expected = possible.map(({ key, count }) => ({ errno: key as number | null, count }));
  if (impossible > 0) expected.push({ errno: null, count: impossible });
  expect(errors.map(({ errno, count }) => ({ errno, count }))).toEqual(expected);
  const known: Readonly<Record<string, number | undefined>> = constants.errno;
  for (const { errno, name } of errors)
    if (name !== null && name in known) expect(known[name]).toBe(errno);
}

const plain = (json: SummaryJson) => ({
  ...json,
  inputs: json.inputs.map(({ file: _, ...input }) => input),
});

/** The same dump from every source: they differ in nothing but the name of the file. */
async function everySource(
  { path }: Dump,
  bytes: Uint8Array,
  options: SummarizeOptions,
): Promise<SummaryJson> {
  const json = (await summarize(bytes, options)).toJSON();
  expect(plain((await summarize(chunked(bytes), options)).toJSON())).toEqual(plain(json));
  if (!path.endsWith('.gz')) {
    const ofPath = (await summarize(path, options)).toJSON();
    expect(ofPath.inputs[0].file).toBe(path);
    expect(plain(ofPath)).toEqual(plain(json));
  }
  return json;
}

describe.each(ENGINES)('%s', (engine) => {
  test.each(dumps)('$label', async (dump) => {
    const { path, kind, layout, section, truthPath } = dump;
    const truth = truthOf<Truth>(truthPath);
    const bytes = bytesOf(path);
    const records = truth.records[section];
    const stride = (kind === 'iocb' ? 64 : 32) + (layout === 'traced' ? 24 : 0);
    const envelope = layout === 'traced' ? envelopeColumns(bytes, stride) : {};
    const json = await everySource(dump, bytes, { kind, layout, engine });
    expect(json.engine).toBe(engine);
    const text = layout === 'traced' ? 'ts:u64,addr:u64,pid:u32,tid:u32,record' : 'record';
    expect(plain(json).inputs).toEqual([
      { kind, endian: 'little', layout: text, bytes: records * stride, records, tornBytes: 0 },
    ]);
    if (section === 'iocb') expectIocb(json.iocb, truth.iocb, records, envelope);
    else expectEvents(json.io_event, truth.ioev, records, envelope);
    expectKeys(json, dump, truth[section]);
  });
});

/** The processes and threads of the envelope are those of the ground truth. */
function expectKeys(
  json: SummaryJson,
  { layout, section }: Dump,
  truth: IocbTruth | EventTruth,
): void {
  if (layout !== 'traced') return;
  const columns = (section === 'iocb' ? json.iocb : json.io_event)?.columns;
  const pids = whole(truth.by_pid, truth.by_pid_distinct);
  const tids = whole(truth.by_tid, truth.by_tid_distinct);
  if (pids) expect(columns?.pid).toEqual(keyColumn(pids));
  if (tids) expect(columns?.tid).toEqual(keyColumn(tids));
}
