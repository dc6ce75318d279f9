// Whatever the bytes: does every call end in a result or a coded error, and are the two engines of one mind?
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { sourceOf } from './case.mjs';

const CODES = /^AIOSCOPE_(OPTION|LAYOUT|PRESET|COLUMN|RANGE|UNKNOWN|RING|SOURCE|READ|COMPRESSION)$/;
/**
 * What hangs: no input takes a fraction of this. Work is counted and not time, which passes on a
 * busy machine without any: processor time (µs), of which other threads may take a part, and turns
 * of the event loop, of 1 ms or more, while an input waits.
 */
const LIMITS = { work: 10e6 * availableParallelism(), turns: 10_000 };

/** The processor time that this process has taken (µs). */
function workDone() {
  const { user, system } = process.cpuUsage();
  return user + system;
}
/** Rows that are looked at one by one, at either end. */
const ROWS = 12;

/** What a call came to: its result, or the code and message of its error. */
async function outcome(lib, call) {
  try {
    return { result: await call() };
  } catch (error) {
    if (!(error instanceof lib.AioscopeError)) throw error;
    assert.match(error.code, CODES);
    assert.ok(error.message.length > 20, error.message);
    return { code: error.code, message: error.message, byteOffset: error.byteOffset };
  }
}

const bytesOfColumn = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);

/** Everything that a batch says of its rows; it must be able to say it. */
function readRows(lib, batch) {
  const rows = Array.from({ length: batch.length }, (_, i) => i).filter(
    (i) => i < ROWS || i >= batch.length - ROWS,
  );
  const cursor = batch.cursor();
  for (const i of rows) {
    const record = batch.at(i);
    cursor.index = i;
    for (const { name } of batch.schema.columns) {
      assert.equal(typeof batch.named(name, i), 'string');
      assert.ok(
        typeof record[name] === 'string' || BigInt(cursor.get(name)) === BigInt(record[name]),
        name,
      );
    }
  }
  const end = Math.min(ROWS, batch.length);
  const lines = lib.ndjsonRows(batch, { end }).split('\n').slice(0, -1);
  assert.equal(lines.length, end);
  for (const line of lines)
    assert.equal(
      Object.keys(JSON.parse(line)).length,
      lib.placeNames(batch.schema).length + batch.schema.columns.length,
    );
  const texts = batch.schema.columns.some(({ type }) => type === 'char');
  if (!texts) assert.equal(lib.csvRows(batch, { end }).split('\n').length - 1, end);
}

function checkQuality({ schema }, { bytes, records, tornBytes, tornOffset }, ring) {
  if (ring === undefined) assert.equal(records * schema.stride + tornBytes, bytes);
  else assert.equal(ring.stale + ring.neverWritten + (ring.missing ?? 0) <= ring.header.nr, true);
  assert.equal(tornOffset, tornBytes > 0 ? bytes - tornBytes : null);
}

/** `decode`: columns, quality and ring. */
function decodeWith(lib, { bytes, format }, engine) {
  const batch = lib.decode(bytes, { ...format, engine });
  checkQuality(batch, batch.quality, batch.ring);
  return {
    columns: Object.values(batch.columns).map(bytesOfColumn),
    quality: batch.quality,
    ring: batch.ring,
    batch,
  };
}

/** `open`: the same, put together of batches; a fault ends it, and what came before stays. */
async function openWith(lib, input, engine) {
  const { format, batchSize, compression, owned } = input;
  const reader = lib.open(sourceOf(input), { ...format, batchSize, compression, owned, engine });
  const parts = reader.schema.columns.map(() => []);
  const fault = await outcome(lib, async () => {
    for await (const batch of reader) {
      for (const [i, array] of Object.values(batch.columns).entries())
        parts[i].push(Buffer.from(bytesOfColumn(array)));
    }
  });
  checkQuality(reader, reader.quality, reader.ring);
  return {
    columns: parts.map((all) => Buffer.concat(all)),
    quality: reader.quality,
    ring: reader.ring,
    ...fault,
  };
}

/** The exact statistics of a summary beside those of a loop over a batch. */
function checkSummary(json, batch) {
  const section = batch.schema.kind === 'aio_ring' ? json.io_event_all : json[batch.schema.kind];
  assert.equal(section.records, batch.length);
  for (const [name, { min, max, sum }] of Object.entries(section.columns)) {
    const values = Array.from(batch.columns[name], BigInt);
    const by = (worse) =>
      values.reduce((best, value) => (worse(best, value) ? value : best), values[0])?.toString();
    assert.deepEqual(
      [name, min, max, sum],
      [name, by((a, b) => b < a), by((a, b) => b > a), String(values.reduce((a, b) => a + b, 0n))],
    );
  }
}

async function summarizeWith(lib, input, options, engine) {
  const {
    version,
    engine: told,
    ...json
  } = (
    await lib.summarize(sourceOf(input), { ...options, compression: input.compression, engine })
  ).toJSON();
  assert.equal(told, engine);
  return json;
}

/** The counts of a check: each record once, and the first of each rule among them. */
async function checkWith(lib, input, engine) {
  const { format, compression } = input;
  const {
    version,
    engine: told,
    ...json
  } = (await lib.check(sourceOf(input), { ...format, compression, engine })).toJSON();
  assert.equal(told, engine);
  const { records, rules, reasons } = json.iocb ?? json.io_event;
  assert.equal(json.quality.records, records);
  for (const { count, first } of [...rules, ...reasons])
    assert.ok(count > 0 && first.index + count <= records);
  return json;
}

/** Both engines' outcomes of a call, which have to be one. */
async function both(lib, what, call) {
  const [wasm, js] = [
    await outcome(lib, () => call('wasm-simd')),
    await outcome(lib, () => call('js')),
  ];
  // Where the library itself says that the last records may be missing, how many came is a matter of timing.
  const [first, second] = [wasm, js].map((each) => each.result ?? each);
  const isInexact = [first, second].some(({ message }) => message?.includes('may be missing'));
  if (isInexact) assert.equal(second.code, first.code, `${what}: the engines differ`);
  else assert.deepEqual(js, wasm, `${what}: the engines differ`);
  return wasm;
}

/** The whole of an input that is decoded at once; its batch is kept beside, for the rows. */
async function checkDecode(lib, input) {
  const batches = [];
  const { result } = await both(lib, 'decode', (engine) => {
    const { batch, ...whole } = decodeWith(lib, input, engine);
    batches.push(batch);
    return whole;
  });
  if (result !== undefined) readRows(lib, batches[0]);
  return { whole: result, batch: batches[0] };
}

async function checkInput(lib, input) {
  const { bytes, face, format, given, compression } = input;
  const { whole, batch } = await checkDecode(lib, input);
  const isPlain = compression === 'none' && whole !== undefined;
  if (face === 'open') {
    const { result } = await both(lib, 'open', (engine) => openWith(lib, input, engine));
    if (isPlain && result !== undefined)
      assert.deepEqual(
        result,
        { ...whole, result: undefined },
        'open gives other records than decode',
      );
  } else if (face === 'summarize') {
    const { result } = await both(lib, 'summarize', (engine) =>
      summarizeWith(lib, input, format, engine),
    );
    if (isPlain && result !== undefined) checkSummary(result, batch);
    await both(lib, 'check', (engine) => checkWith(lib, input, engine));
  } else {
    await both(lib, 'summarize', (engine) => summarizeWith(lib, input, given, engine));
    const { result } = await outcome(lib, () =>
      lib.inspect(sourceOf(input), { ...given, compression }),
    );
    if (compression === 'none' && result !== undefined)
      assert.equal(result.bytes, bytes.byteLength, 'inspect counts other bytes');
  }
}

/** Try one input; throws where something is wrong, a hang included. */
export async function tryInput({ node, setHost }, input, limits = LIMITS) {
  setHost(input.host);
  let timer;
  const stuck = new Promise((_, reject) => {
    let turns = 0;
    timer = setInterval(() => {
      turns += 1;
      if (turns > limits.turns) reject(new Error('it hangs'));
    }, 1);
  });
  try {
    const begun = workDone();
    await Promise.race([checkInput(node, input), stuck]);
    assert.ok(workDone() - begun < limits.work, 'it takes as much work as a hang');
  } finally {
    clearInterval(timer);
  }
}
