// Are faults found that are injected at random places of clean captures, on their descriptors?
// `npm run findings [DRAWS] [FOLDER]`: prints how many of the draws of each fault were found. FOLDER
// has captures as NAME.iocb88 and NAME.ioev56; of test/fixtures/captures unless given. Captures with
// a finding that is an error are left out, and others are cut to 20,000 records.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
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

/** A module of the tests, which are in TypeScript. */
async function testModule(name) {
  const output = mkdtempSync(join(tmpdir(), 'aioscope-findings-'));
  try {
    const bundle = await rolldown({ input: join(root, 'test/support', `${name}.ts`) });
    await bundle.write({ file: join(output, `${name}.mjs`) });
    return await import(pathToFileURL(join(output, `${name}.mjs`)).href);
  } finally {
    rmSync(output, { recursive: true });
  }
}

const { cleanOf, FAULTS, injected, isFound } = await testModule('injected');
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

const captures = [];
for (const name of new Set(names)) {
  const sides = sidesOf(name);
  const findings = await findingsIn(sides);
  if (findings.some(({ severity }) => severity === 'error')) continue;
  const rows = [];
  for await (const batch of await openPairs(...sides, FORMAT))
    for (const row of batch) rows.push({ ...row });
  captures.push({ name, clean: cleanOf(sides, rows) });
}
console.log(`${captures.length} captures: ${captures.map(({ name }) => name).join(', ')}`);

const results = [];
for (const [fault, inject] of Object.entries(FAULTS)) {
  const drawing = random(2026);
  const missed = [];
  let drawn = 0;
  for (let tries = 0; drawn < DRAWS && tries < 100 * DRAWS; tries++) {
    const { name, clean } = drawing.pick(captures);
    const draw = injected(inject, clean, drawing);
    if (draw === undefined) continue;
    drawn += 1;
    if (!isFound(await findingsIn(draw.sides), draw.expected)) missed.push(name);
  }
  const where = [...new Set(missed)].join(', ');
  results.push({ fault, draws: drawn, found: drawn - missed.length, 'missed in': where });
}
console.table(results);
if (results.some(({ draws, found }) => draws < DRAWS || found < 0.99 * draws)) process.exitCode = 1;
