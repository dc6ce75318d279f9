// Does a load end with every row exactly once after kill -9 of a node or of the loader? Ten random
// moments each, or `--rounds N`; repeated by `--seed N`. Needs a build and clickhouse-server.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { killNode, restartNode, startCluster, stopCluster } from './clickhouse-cluster.mjs';

const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
export const VICTIMS = ['node 1', 'node 2', 'loader', 'REPLACE'];
const ROWS = 160_000;
const CHUNK_ROWS = 10_000;
const RECORDS = { kind: 'iocb', layout: 'traced' };

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function ask({ url }, sql) {
  const response = await fetch(url, { method: 'POST', body: `${sql} FORMAT TabSeparated` });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: ${text} of ${sql}`);
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** Passes a node's connections on; says when an insert or a REPLACE is on its way there. */
async function watched({ http }, { onInsert, onReplace }) {
  const sockets = new Set();
  const server = createServer((socket) => {
    const pair = [socket, connect(http, '127.0.0.1')];
    for (const each of pair) {
      each.on('error', () => {}).on('close', () => pair.forEach((one) => void one.destroy()));
      sockets.add(each);
    }
    pair[1].pipe(socket);
    socket.on('data', (bytes) => {
      if (bytes.includes('REPLACE PARTITION')) onReplace();
      if (/^POST .*Native/.test(bytes.toString('latin1'))) onInsert();
      pair[1].write(bytes);
    });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, close };
}

/** Runs `aioscope`; `child` can be killed. */
function run(args, env) {
  const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes) => (output += bytes));
  const ended = new Promise((done) =>
    child.on('close', (status, signal) => done({ status, signal, output })),
  );
  return { child, ended };
}

const urlsOf = ({ nodes }) => nodes.flatMap(({ url }) => ['--url', url]);

/** A cluster with tables, a dump, and what its rows add up to. */
export async function prepareKills({ cluster, folder, env }) {
  const { generate } = await import('../dist/generate/index.js');
  const { open } = await import('../dist/node.js');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'killed.iocb88');
  const bytes = Buffer.concat([...generate({ ...RECORDS, records: ROWS, seed: 3 })]);
  writeFileSync(file, bytes);
  // A compressed file is read from its beginning, one chunk after another.
  writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 1 }));
  const files = [file, `${file}.gz`];
  const sums = {};
  for await (const { columns } of open(file, RECORDS))
    for (const [name, values] of Object.entries(columns)) {
      let sum = sums[name] ?? 0n;
      // Tables have the descriptor as the kernel reads it: -1 is not 4294967295.
      for (const value of values) sum += BigInt(name === 'aio_fildes' ? value | 0 : value);
      sums[name] = BigInt.asUintN(64, sum);
    }
  const schema = ['clickhouse', 'schema', '--apply', '--cluster', cluster.name, ...urlsOf(cluster)];
  const { status, output } = await run(schema, env).ended;
  if (status !== 0) throw new Error(`schema: ${output}`);
  const kills = { cluster, files, env, sums };
  const durations = [];
  for (const [i, each] of files.entries()) {
    const whole = await watchedLoad(kills, each, `whole-${i}`);
    await whole.begun;
    const start = performance.now();
    const ended = await whole.ended;
    durations.push(performance.now() - start);
    if (ended.status !== 0) throw new Error(`load: ${ended.output}`);
    const wrong = await faultsOf(kills, `whole-${i}`);
    if (wrong.length > 0) throw new Error(`without a kill: ${wrong.join('; ')}`);
  }
  return { ...kills, durations };
}

function load({ env }, file, name, nodes) {
  const rows = ['--chunk-rows', `${CHUNK_ROWS}`];
  return run(['clickhouse', 'load', file, ...urlsOf({ nodes }), '--load', name, ...rows], env);
}

/** A load that says when its first insert, or its REPLACE after `replaces` others, is under way. */
async function watchedLoad(kills, file, name, replaces) {
  let begin;
  let left = replaces;
  const begun = new Promise((done) => (begin = done));
  const onInsert = () => replaces === undefined && begin();
  const onReplace = () => left-- === 0 && begin();
  const watching = kills.cluster.nodes.map((node) => watched(node, { onInsert, onReplace }));
  const proxies = await Promise.all(watching);
  const { child, ended } = load(kills, file, name, proxies);
  const closed = ended.then((how) => {
    for (const { close } of proxies) close();
    return how;
  });
  return { child, begun: Promise.race([begun, closed]), ended: closed };
}

/** What is wrong with a load that has ended: nothing, if each row is there exactly once. */
async function faultsOf({ cluster, sums }, name) {
  const node = cluster.nodes[0];
  const names = Object.keys(sums);
  const [line] = await ask(
    node,
    `SELECT count(), uniqExact(\`index\`), toString(min(\`index\`)), toString(max(\`index\`)), ` +
      `${names.map((each) => `toString(sum(${each}))`)} FROM aio.iocb WHERE load = '${name}'`,
  );
  const [count, different, first, last, ...found] = line.split('\t');
  const faults = [];
  const expected = `${ROWS} ${ROWS} 0 ${ROWS - 1}`;
  const has = `${count} ${different} ${first} ${last}`;
  if (has !== expected) faults.push(`rows, indexes, first, last: ${has}, not ${expected}`);
  for (const [i, each] of names.entries())
    if (BigInt.asUintN(64, BigInt(found[i])) !== sums[each])
      faults.push(`the sum of ${each} is ${found[i]}, not ${sums[each]}`);
  for (const { url } of cluster.nodes) {
    const staging = await ask(
      { url },
      `SELECT name FROM system.tables WHERE name LIKE '%staging%'`,
    );
    if (staging.length > 0) faults.push(`${url} still has ${staging}`);
  }
  return faults;
}

/** The rows that are visible now, and whether each chunk among them is whole. */
async function visibleRows({ cluster }, name) {
  const chunks = await ask(
    cluster.nodes[0],
    `SELECT count() FROM aio.iocb WHERE load = '${name}' GROUP BY chunk`,
  );
  const partial = chunks.filter((rows) => Number(rows) !== CHUNK_ROWS);
  return { rows: chunks.reduce((sum, rows) => sum + Number(rows), 0), partial };
}

/** Kills a victim during a load, loads again, and says what is wrong then. */
export async function killOnce(kills, victim, random, number) {
  const { cluster, files, durations } = kills;
  const name = `kill-${number}`;
  const choices = ['node 1', 'node 2', 'loader'];
  const isReplace = victim === 'REPLACE';
  const killed = isReplace ? choices[Math.floor(3 * random())] : victim;
  const which = Math.floor(files.length * random());
  // A REPLACE is short: the kill comes before, during or after it.
  const wait = (isReplace ? 4 : 0.8 * durations[which]) * random();
  const replaces = isReplace ? Math.floor((ROWS / CHUNK_ROWS) * random()) : undefined;
  const first = await watchedLoad(kills, files[which], name, replaces);
  await first.begun;
  await sleep(wait);
  if (killed === 'loader') first.child.kill('SIGKILL');
  else await killNode(cluster, Number(killed.at(-1)));
  const stopped = await first.ended;
  if (killed !== 'loader') await restartNode(cluster, Number(killed.at(-1)));
  const { rows, partial } = await visibleRows(kills, name);
  const second = await load(kills, files[which], name, cluster.nodes).ended;
  const faults =
    second.status === 0 ? [] : [`the second load exited ${second.status}: ${second.output}`];
  faults.push(...(await faultsOf(kills, name)));
  if (partial.length > 0) faults.push(`after the kill, chunks had ${partial} rows`);
  if (rows < ROWS && stopped.status === 0) faults.push('the first load exited 0 without all rows');
  return { file: files[which], victim, killed, wait: Math.round(wait), rows, stopped, faults };
}

async function command() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '10' },
      seed: { type: 'string', default: `${Date.now() % 2 ** 31}` },
    },
  });
  console.log(`seed ${values.seed}`);
  const random = randomFrom(Number(values.seed));
  const folder = mkdtempSync(join(tmpdir(), 'aioscope-kills-'));
  const cluster = await startCluster(join(folder, 'cluster'));
  let [number, wrong] = [0, 0];
  try {
    const env = {
      NODE_PATH: fileURLToPath(new URL('../test/peers/node_modules', import.meta.url)),
    };
    const kills = await prepareKills({ cluster, folder, env });
    console.log(
      `${ROWS} rows in ${ROWS / CHUNK_ROWS} chunks; ` +
        `a load takes ${kills.durations.map(Math.round)} ms`,
    );
    for (let round = 0; round < Number(values.rounds); round++)
      for (const victim of VICTIMS) {
        const result = await killOnce(kills, victim, random, ++number);
        const { killed, file, wait, rows, stopped, faults } = result;
        const exit = stopped.signal ?? `exit ${stopped.status}`;
        const place = `${victim}: ${killed} after ${wait} ms of ${basename(file)}`;
        const after = faults.join('; ') || 'each row once';
        console.log(`${number}: ${place}: ${exit}, ${rows} rows; then ${after}`);
        if (faults.length > 0) wrong += 1;
      }
  } finally {
    await stopCluster(cluster, 'SIGKILL');
    rmSync(folder, { recursive: true });
  }
  console.log(`${number} kills, ${wrong} wrong`);
  process.exitCode = wrong === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await command();
