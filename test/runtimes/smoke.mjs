// Does the installed package do in this runtime what it does in the one that it is tested in? Plain ESM, so that every
// runtime can run it: `npm run runtimes` does, with the folder of the captures, the records of long.mjs as a file, and
// whether threads can read it (`with-threads`) as its arguments.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { decode, encode, inspect, open, resolveSchema, summarize, useKernel } from 'aioscope';
import { LONG_RECORDS, LONG_TRUTH } from './long.mjs';

const [, , folder, long, threads] = process.argv;
const path = (name) => join(folder, name);
const bytesOf = (name) => new Uint8Array(readFileSync(path(name)));
const truthOf = (name) => JSON.parse(readFileSync(path(name), 'utf8'));

const EVENTS = 'fio_nowait.ioev';
const RING = 'fio_ring_threads.wrap.ring';
const truth = truthOf('fio_nowait.gt.json').ioev;
const kind = 'io_event';
const bytes = bytesOf(EVENTS);

function same(found, expected) {
  const text = (value) =>
    JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}` : each));
  if (text(found) !== text(expected))
    throw new Error(`found ${text(found)}, expected ${text(expected)}`);
}

const streamOf = (chunk) =>
  new ReadableStream({
    start(controller) {
      for (let at = 0; at < chunk.byteLength; at += 1000)
        controller.enqueue(chunk.slice(at, at + 1000));
      controller.close();
    },
  });
const gzipped = async (chunk) =>
  new Uint8Array(
    await new Response(
      new Blob([chunk]).stream().pipeThrough(new CompressionStream('gzip')),
    ).arrayBuffer(),
  );
/** A zstd frame of one raw block. */
const zstd = (chunk) =>
  new Uint8Array([
    0x28,
    0xb5,
    0x2f,
    0xfd,
    0x20,
    chunk.byteLength,
    (chunk.byteLength << 3) | 1,
    chunk.byteLength >> 5,
    0,
    ...chunk,
  ]);

const sum = (column) => column.reduce((total, value) => total + BigInt(value), 0n);
const extremes = ({ fields }) =>
  Object.fromEntries(
    Object.entries(fields).map(([name, { min, max, sum: all }]) => [name, { min, max, sum: all }]),
  );

/** The records of a source, and the sum of their `res`. */
async function read(source, options) {
  let records = 0;
  let total = 0n;
  for await (const batch of open(source, { kind, ...options })) {
    records += batch.length;
    total += sum(batch.columns.res);
  }
  return [records, total];
}
const whole = [4096, BigInt(truth.fields.res.sum)];

/** Reads a stream to its end. */
async function drained(stream) {
  for await (const _ of stream);
  return stream;
}

function transferred(chunk) {
  const copy = chunk.slice();
  structuredClone(copy, { transfer: [copy.buffer] });
  return copy;
}

/** Whether a reason is given where threads cannot read the file, and none where they can. */
const sameThreads = (workersReason, workers) =>
  same(workersReason === null, threads === 'with-threads' || workers === 1);

async function codeOf(work) {
  try {
    await work();
  } catch (error) {
    return error.code;
  }
  return 'no error';
}

/** The command line under this runtime. */
function cli(...args) {
  const main = fileURLToPath(new URL('cli/main.js', import.meta.resolve('aioscope')));
  const before = globalThis.Deno === undefined ? [] : ['run', '-A'];
  return spawnSync(process.execPath, [...before, main, ...args], { encoding: 'utf8' });
}

const CHECKS = {
  "engine 'auto' is wasm-simd": () => same(open(bytes, { kind }).engine, 'wasm-simd'),
  'decode with both engines gives what the capture holds': () => {
    for (const engine of ['wasm-simd', 'js']) {
      const { columns, length } = decode(bytes, { kind, engine });
      same(length, 4096);
      for (const [name, field] of Object.entries(truth.fields))
        same(sum(columns[name]), BigInt(field.sum));
    }
    const requests = decode(bytesOf('fio_nowait.iocb88'), { kind: 'iocb', layout: 'traced' });
    same(
      sum(requests.columns.aio_buf),
      BigInt(truthOf('fio_nowait.gt.json').iocb.fields.aio_buf.sum),
    );
  },
  'open reads a path': async () => same(await read(path(EVENTS)), whole),
  'open reads a file: URL': async () => same(await read(pathToFileURL(path(EVENTS))), whole),
  'open reads bytes': async () => same(await read(bytes), whole),
  'open reads a web stream': async () => same(await read(streamOf(bytes)), whole),
  'open reads a Blob': async () => same(await read(new Blob([bytes])), whole),
  'open reads a Response body': async () => same(await read(new Response(bytes).body), whole),
  'open reads a Response': async () => same(await read(new Response(bytes)), whole),
  'open reads a FileHandle, which stays open': async () => {
    const handle = await openFile(path(EVENTS));
    same(await read(handle), whole);
    same((await handle.stat()).size, bytes.byteLength);
    await handle.close();
    same(await codeOf(() => read(handle)), 'AIOSCOPE_SOURCE');
  },
  'open detects what a path holds': async () => {
    const reader = await open(path(EVENTS)).ready();
    same(reader.schema.kind, kind);
    await reader.close();
    if (Symbol.asyncDispose !== undefined) await open(path(EVENTS))[Symbol.asyncDispose]();
  },
  'what has been read is an error': async () => {
    const response = new Response(bytes);
    await response.arrayBuffer();
    const used = [
      response,
      await drained(streamOf(bytes)),
      await drained(Readable.from([bytes])),
      transferred(bytes),
    ];
    for (const source of used) same(await codeOf(() => read(source)), 'AIOSCOPE_SOURCE');
  },
  '300 MiB are summarized by as many workers as there are cores': async () => {
    const summary = await summarize(long, { kind });
    const { io_event: section, inputs } = summary.toJSON();
    same([inputs[0].records, section.failed], [LONG_RECORDS, LONG_TRUTH.failed]);
    const { data, res } = section.columns;
    same([data.sum, res.sum], [LONG_TRUTH.dataSum, LONG_TRUTH.resSum]);
    sameThreads(summary.workersReason, availableParallelism());
  },
  '300 MiB are read by 2 workers, in order': async () => {
    const reader = open(long, { kind, workers: 2 });
    let [records, failed, dataSum] = [0, 0, 0n];
    for await (const { columns, firstIndex, length } of reader) {
      same([firstIndex, columns.data[0]], [records, BigInt(records)]);
      records += length;
      dataSum += sum(columns.data);
      for (const res of columns.res) if (res < 0n) failed += 1;
    }
    same([records, failed, `${dataSum}`], [LONG_RECORDS, LONG_TRUTH.failed, LONG_TRUTH.dataSum]);
    sameThreads(reader.workersReason, 2);
  },
  'gzip is read through': async () => same(await read(await gzipped(bytes)), whole),
  'zstd is read through': async () => same((await read(zstd(bytes.slice(0, 96))))[0], 3),
  'summarize recognizes what a file holds': async () => {
    const { inputs, io_event: section } = (await summarize(path(EVENTS))).toJSON();
    same([inputs[0].kind, inputs[0].records, section.failed], [kind, 4096, truth.errors]);
    same(section.columns, extremes(truth));
  },
  'inspect says what a file is': async () => same((await inspect(path(RING))).kind, 'aio_ring'),
  'encode is the inverse of decode': () => same(encode(decode(bytes, { kind }), { kind }), bytes),
  'a big-endian envelope comes back': () => {
    const options = { kind: 'iocb', layout: 'ebpf', endian: 'big' };
    const record = {
      ts: 1n,
      comm: 'fio',
      aio_data: 2n,
      aio_key: 3,
      aio_rw_flags: 8,
      aio_offset: -1n,
    };
    const found = decode(encode([record], options), options).at(0);
    for (const [name, value] of Object.entries(record)) same(found[name], value);
    same(resolveSchema(options).stride, 96);
  },
  'a ring is decoded across its wrap': () => {
    const { ring, columns } = decode(bytesOf(RING), { kind: 'aio_ring' });
    const expected = truthOf(`${RING}.json`);
    same([ring.live, ring.wraps, ring.stale], [expected.unreaped, true, expected.stale_slots]);
    same(
      [...columns.obj.slice(0, ring.live)],
      expected.unreaped_events_in_order.map(({ obj }) => obj),
    );
  },
  'a missing file has its code': async () =>
    same(await codeOf(() => read(path('none'))), 'AIOSCOPE_READ'),
  'a signal stops a read': async () => {
    const reason = Object.assign(new Error('enough'), { code: 'ENOUGH' });
    same(await codeOf(() => read(bytes, { signal: AbortSignal.abort(reason) })), 'ENOUGH');
  },
  'a compiled kernel can be handed in': async () => {
    const file = fileURLToPath(import.meta.resolve('aioscope/kernel.wasm'));
    useKernel(new WebAssembly.Module(readFileSync(file)));
    same(await read(bytes, { engine: 'wasm-simd' }), whole);
  },
  'the command summarizes': () => {
    const { stdout, stderr, status } = cli('summary', '--json', path(EVENTS));
    same([status, stderr], [0, '']);
    same(JSON.parse(stdout).io_event.columns, extremes(truth));
  },
  'the command tells whose fault it is': () =>
    same([cli('summary', path('none')).status, cli('summary', '--nonsense').status], [1, 2]),
};

let failed = 0;
for (const [name, check] of Object.entries(CHECKS)) {
  try {
    await check();
  } catch (error) {
    failed += 1;
    console.log(`  ${name}: ${error.stack}`);
  }
}
console.log(`${Object.keys(CHECKS).length - failed} of ${Object.keys(CHECKS).length} passed`);
process.exitCode = failed === 0 ? 0 : 1;
