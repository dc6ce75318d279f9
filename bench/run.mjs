// Runs every bench, prints its tables, and keeps them in results.json, from which the README's are rendered.
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { decodeTables } from './decode.mjs';
import { fileTables } from './file.mjs';
import { renderTables } from './table.mjs';

const [{ model }] = cpus();
const results = {
  date: new Date().toISOString().slice(0, 10),
  machine: `${model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
  node: process.version,
  tables: [...(await decodeTables()), ...fileTables()],
};
console.log(renderTables(results));
writeFileSync(new URL('results.json', import.meta.url), `${JSON.stringify(results, null, 2)}\n`);
