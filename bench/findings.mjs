// Are faults found that are injected at random places of clean captures, on their descriptors?
// `npm run findings [DRAWS] [FOLDER]`: prints how many of the draws of each fault were found. FOLDER
// has captures as NAME.iocb88 and NAME.ioev56; of test/fixtures/captures unless given. Faults
// of requests in flight are put into captures without refused requests that do not have their
// finding yet, others into those without failed or refused ones. Captures are cut to 20,000 records.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const { openPairs, report } = await import(pathToFileURL(join(root, 'dist/node.js')).href);

const DRAWS = Number(process.argv[2] ?? 100);
const folder = process.argv[3] ?? join(root, 'test/fixtures/captures');
const STRIDES = [88, 56];
const RECORDS_MAX = 20_000;
const FORMAT = {
  submissions: { layout: 'traced', endian: 'little' },
  completions: { layout: 'traced', endian: 'little' },
};

/** A module of the tests, which are in TypeScript; it finds its fixtures by its own place. */
async function testModule(name) {
  const support = join(root, 'test/support');
  const file = join(support, `${name}-${process.pid}.mjs`);
  try {
    const bundle = await rolldown({ input: join(support, `${name}.ts`), platform: 'node' });
    await bundle.write({ file });
    await bundle.close();
    return await import(pathToFileURL(file).href);
  } finally {
    rmSync(file, { force: true });
  }
}

const { cleanOf, FAULTS, injected, isFound } = await testModule('injected');
const { FLIGHT_FAULTS } = await testModule('injected-flight');
const { LOSS_FAULTS, randomsOf } = await testModule('injected-loss');
const { random } = await testModule('random');

const files = readdirSync(folder);
const names = files
  .filter((file) => /\.iocb88(\.gz)?$/.test(file))
  .map((file) => file.replace(/\.iocb88(\.gz)?$/, ''));

function sidesOf(name) {
  return ['iocb88', 'ioev56'].map((end, side) => {
    const file = [`${name}.${end}`, `${name}.${end}.gz`].find((each) => files.includes(each));
    const bytes = readFileSync(join(folder, file));
    const whole = file.endsWith('.gz') ? gunzipSync(bytes) : bytes;
    return whole.subarray(0, RECORDS_MAX * STRIDES[side]);
  });
}

const findingsIn = async (sides) => (await report(...sides, FORMAT)).toJSON().findings;

/** Captures that have one of these are not clean. */
const OF_RESULTS = ['failed', 'misaligned', 'nowait-eagain', 'refused'];

const captures = [];
for (const name of new Set(names)) {
  const sides = sidesOf(name);
  const findings = await findingsIn(sides);
  const rows = [];
  for await (const batch of await openPairs(...sides, FORMAT))
    for (const row of batch) rows.push({ ...row });
  const ids = findings.map(({ id }) => id);
  const isClean = !ids.some((id) => OF_RESULTS.includes(id));
  captures.push({ name, sides, clean: cleanOf(sides, rows), ids, isClean });
}
console.log(`${captures.length} captures: ${captures.map(({ name }) => name).join(', ')}`);

/** What a finding says of a fault, as `isFound` compares it. */
const isSaid = (findings, { id, pid, fd, count }) =>
  findings.some(
    (finding) =>
      finding.id === id &&
      (fd === undefined || id === 'shared-buffer' || finding.where.fd === fd) &&
      (pid === undefined || finding.where.pid === pid) &&
      (count === undefined || finding.count === count),
  );

/** The faults: each returns the sides with it and whether findings say it; or undefined. */
const faults = {
  ...Object.fromEntries(
    Object.entries(FAULTS).map(([name, inject]) => [
      name,
      ({ clean, isClean }, drawing) => {
        if (!isClean) return undefined;
        const draw = injected(inject, clean, drawing);
        return draw && { sides: draw.sides, says: (found) => isFound(found, draw.expected) };
      },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(FLIGHT_FAULTS).map(([name, inject]) => [
      name,
      ({ sides, ids }, drawing) => {
        const draw = inject(drawing, sides);
        // A capture that has such requests already says so, wherever one more is.
        const isFit = draw !== undefined && !ids.includes('refused');
        if (!isFit || ids.includes(draw.expected.id)) return undefined;
        return { sides: draw.sides, says: (found) => isSaid(found, draw.expected) };
      },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(LOSS_FAULTS).map(([name, inject]) => [
      name,
      ({ sides, ids, isClean }, drawing) => {
        if (!isClean) return undefined;
        const draw = inject(sides, randomsOf(drawing.below(2 ** 31)));
        if (draw === undefined || ids.includes(draw.id)) return undefined;
        return { sides: draw.sides, says: (found) => isSaid(found, draw) };
      },
    ]),
  ),
};

const results = [];
for (const [fault, inject] of Object.entries(faults)) {
  const drawing = random(2026);
  const missed = [];
  let drawn = 0;
  for (let tries = 0; drawn < DRAWS && tries < 100 * DRAWS; tries++) {
    const capture = drawing.pick(captures);
    const draw = inject(capture, drawing);
    if (draw === undefined) continue;
    drawn += 1;
    if (!draw.says(await findingsIn(draw.sides))) missed.push(capture.name);
  }
  const where = [...new Set(missed)].join(', ');
  results.push({ fault, draws: drawn, found: drawn - missed.length, 'missed in': where });
}
console.table(results);
if (results.some(({ draws, found }) => draws < DRAWS || found < 0.99 * draws)) process.exitCode = 1;
