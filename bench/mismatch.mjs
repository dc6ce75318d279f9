// Are mismatched envelopes found, never without reason, and are clocks bridged?
// `npm run bench:mismatch [SEEDS] [FOLDER]`: plants mismatches in captures, of which a share of the
// records was dropped at random on both sides, and matches them. FOLDER has captures as NAME.iocb88
// and NAME.ioev56; of test/fixtures/captures unless given. Captures are cut to 20,000 records.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { randoms } from './randoms.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const library = process.env.AIOSCOPE_DIST ?? join(root, 'dist');
const { match, openPairs } = await import(pathToFileURL(join(library, 'node.js')).href);

const SEEDS = Number(process.argv[2] ?? 5);
const folder = process.argv[3] ?? join(root, 'test/fixtures/captures');
const STRIDES = [88, 56];
const PID = 16;
const RECORDS_MAX = 20_000;
const REALTIME = 1_790_000_000n * 10n ** 9n;
const FORMAT = {
  submissions: { layout: 'traced', endian: 'little' },
  completions: { layout: 'traced', endian: 'little' },
};

function sidesOf(name) {
  return ['iocb88', 'ioev56'].map((end, side) => {
    const file = [`${name}.${end}`, `${name}.${end}.gz`].find((each) => files.includes(each));
    const bytes = readFileSync(join(folder, file));
    const whole = file.endsWith('.gz') ? gunzipSync(bytes) : bytes;
    return whole.subarray(0, RECORDS_MAX * STRIDES[side]);
  });
}

/** The records that are kept, and the index that each had in the whole. */
function thinned(side, stride, share, random) {
  const kept = [];
  for (let i = 0; i < side.length / stride; i++) if (random() >= share) kept.push(i);
  return {
    kept,
    left: Buffer.concat(kept.map((i) => side.subarray(i * stride, (i + 1) * stride))),
  };
}

/** A side with other times. */
function timed(side, stride, change) {
  const other = Buffer.from(side);
  for (let at = 0; at < side.length; at += stride)
    other.writeBigUInt64LE(change(side.readBigUInt64LE(at)), at);
  return other;
}

/** A side with each record twice, the second time up to 2 µs later. */
function twice(side, stride, random) {
  const records = [];
  for (let at = 0; at < side.length; at += stride) {
    const copy = Buffer.from(side.subarray(at, at + stride));
    copy.writeBigUInt64LE(copy.readBigUInt64LE() + BigInt(Math.floor(2000 * random())));
    records.push(side.subarray(at, at + stride), copy);
  }
  return Buffer.concat(records);
}

function otherPids(side, share, random) {
  const other = Buffer.from(side);
  for (let at = PID; at < side.length; at += STRIDES[1])
    if (random() < share) other.writeUInt32LE(4_000_000 + Math.floor(1000 * random()), at);
  return other;
}

const each = (sides, change) => sides.map((side, i) => change(side, STRIDES[i]));
/** What is planted, at which losses, and what is to be found. */
const PLANTED = [
  { name: 'nothing', losses: [0, 0.05, 0.2], finds: undefined, plant: (sides) => sides },
  {
    name: 'submissions REALTIME',
    losses: [0, 0.05, 0.2],
    finds: 'two-clocks',
    plant: ([s, c]) => [timed(s, 88, (ts) => ts + REALTIME), c],
  },
  {
    name: 'completions REALTIME',
    losses: [0, 0.05, 0.2],
    finds: 'two-clocks',
    plant: ([s, c]) => [s, timed(c, 56, (ts) => ts + REALTIME)],
  },
  ...[0.2, 0.5, 1].map((share) => ({
    name: `${100 * share} % of pids differ`,
    losses: [0, 0.05, 0.2],
    finds: 'pids-differ',
    plant: ([s, c], random) => [s, otherPids(c, share, random)],
  })),
  ...[1000n, 1_000_000n].map((divisor) => ({
    name: `epoch times in ${divisor === 1000n ? 'µs' : 'ms'}`,
    losses: [0, 0.05, 0.2],
    finds: 'time-unit',
    plant: (sides) =>
      each(sides, (side, stride) => timed(side, stride, (ts) => (ts + REALTIME) / divisor)),
  })),
  {
    name: 'everything twice',
    losses: [0, 0.01, 0.05],
    finds: 'duplicates',
    isAfterwards: true,
    plant: (sides, random) => each(sides, (side, stride) => twice(side, stride, random)),
  },
];

const files = readdirSync(folder);
const names = [...new Set(files.map((file) => /^(.+)\.iocb88(\.gz)?$/.exec(file)?.[1]))].filter(
  (name) => name !== undefined,
);

/** Detectors: how many of the planted mismatches are found, and what is said where it should not. */
const rows = [];
for (const { name, losses, finds, plant, isAfterwards } of PLANTED)
  for (const loss of losses) {
    const row = { planted: name, lost: `${100 * loss} %`, runs: 0, right: 0, not: new Set() };
    for (const capture of names)
      for (let seed = 0; seed < SEEDS; seed++) {
        const random = randoms(seed * 7919 + capture.length * 104729 + Math.round(loss * 1e6));
        const drop = (sides) =>
          each(sides, (side, stride) => thinned(side, stride, loss, random).left);
        const whole = sidesOf(capture);
        const sides = isAfterwards ? drop(plant(whole, random)) : plant(drop(whole), random);
        const { mismatches = [] } = (await match(...sides, FORMAT)).toJSON();
        const found = mismatches.map(({ id }) => id);
        row.runs += 1;
        if (finds === undefined ? found.length === 0 : found.join() === finds) row.right += 1;
        else row.not.add(`${capture}${found.length === 0 ? '' : ` (${found})`}`);
      }
    rows.push({ ...row, not: [...row.not].join(', ') });
  }
console.table(rows);

async function pairsOf(sides, options) {
  const pairs = [];
  for await (const { columns, length } of await openPairs(...sides, { ...FORMAT, ...options }))
    for (let i = 0; i < length; i++)
      pairs.push([Number(columns.submissionIndex[i]), Number(columns.completionIndex[i])]);
  return pairs;
}

/** Clocks that are bridged: right pairs, in percent of those with one clock and the same loss. */
const bridged = [];
for (const capture of names) {
  const row = { capture };
  for (const loss of [0, 0.01, 0.05]) {
    const shares = [];
    for (let seed = 0; seed < SEEDS; seed++) {
      const random = randoms(seed * 7919 + Math.round(loss * 1e6));
      const sides = each(
        sidesOf(capture),
        (side, stride) => thinned(side, stride, loss, random).left,
      );
      const right = new Set((await pairsOf(sides, {})).map(String));
      const planted = [timed(sides[0], 88, (ts) => ts + REALTIME), sides[1]];
      try {
        const found = await pairsOf(planted, { clockOffset: 'auto' });
        shares.push((100 * found.filter((pair) => right.has(String(pair))).length) / right.size);
        const { by, latencyNs } = (
          await match(...planted, { ...FORMAT, clockOffset: 'auto' })
        ).toJSON();
        row['off by µs'] = Number(BigInt(by.clockOffsetNs) - REALTIME) / 1000;
        row['± µs'] = Number(by.clockSpreadNs) / 2000;
        row['p50 µs'] = Number(latencyNs.p50) / 1000;
      } catch (error) {
        row.error = error.message.slice(0, 60);
        shares.push(0);
      }
    }
    row[`${100 * loss} % lost`] = Number(Math.min(...shares).toFixed(2));
  }
  bridged.push(row);
}
console.table(bridged);
