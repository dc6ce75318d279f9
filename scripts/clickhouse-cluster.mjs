// Starts and stops a ClickHouse cluster on loopback: for the tests, for CI and by hand.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { certificatesIn, run } from './clickhouse-certificates.mjs';
import { configOf, foldersOf, keeperConfigOf, usersOf } from './clickhouse-config.mjs';

const PASSWORD = 'not-so secret@/:';
const USAGE = `usage: node scripts/clickhouse-cluster.mjs COMMAND FOLDER
  start FOLDER [--nodes 2] [--tls] [--zookeeper [--replicated]] [--disk BYTES]
                        prints URLs, ports and process ids as JSON
  kill FOLDER NODE      kill -9, then waits until the process has ended
  restart FOLDER NODE   starts a killed node again on its data
  stop FOLDER           stops all of them and keeps the data
`;

const onPath = (name) =>
  `${process.env.PATH}:/usr/sbin:/sbin`
    .split(':')
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
const jars = '/usr/share/java';

/** Why no cluster can be started here, or an empty string. */
export function missing({ zookeeper = false, tls = false, disk } = {}) {
  if (onPath('clickhouse-server') === undefined) return 'clickhouse-server is not installed';
  if (zookeeper && !existsSync(join(jars, 'zookeeper.jar'))) return 'zookeeper is not installed';
  if (zookeeper && onPath('java') === undefined) return 'java is not installed';
  if (tls && onPath('openssl') === undefined) return 'openssl is not installed';
  if (disk !== undefined && process.getuid() !== 0) return 'only root can mount a small disk';
  return '';
}

const canListen = (port) =>
  new Promise((done) => {
    const server = createServer()
      .once('error', () => done(false))
      .listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });

/**
 * A block of 20 ports below those that the kernel gives to connections. A lock file holds it for as
 * long as the cluster's folder exists, because a killed node has to find its ports free.
 */
async function portsFor(folder) {
  for (let tries = 0; tries < 200; tries++) {
    const first = 20_000 + 20 * Math.floor(600 * Math.random());
    const lock = join(tmpdir(), `aioscope-clickhouse-${first}`);
    if (existsSync(lock) && !existsSync(readFileSync(lock, 'utf8') || '/')) rmSync(lock);
    try {
      writeFileSync(lock, folder, { flag: 'wx' });
    } catch {
      continue;
    }
    const ports = Array.from({ length: 20 }, (_, i) => first + i);
    if ((await Promise.all(ports.map(canListen))).every(Boolean)) return { ports, lock };
    rmSync(lock);
  }
  throw new Error('no free ports between 20000 and 32000');
}

/** Whether a process runs; one that nobody has waited for yet has ended. */
function isRunning(pid) {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function until(holds, milliseconds) {
  const end = Date.now() + milliseconds;
  while (!(await holds())) {
    if (Date.now() > end) return false;
    await sleep(20);
  }
  return true;
}

/** Starts a server whose standard output goes nowhere; its logs are in its folder. */
function startProcess({ endsWithParent }, command, args) {
  const tied = endsWithParent && onPath('setpriv') !== undefined;
  const [program, ...rest] = [
    ...(tied ? ['setpriv', '--pdeathsig', 'KILL'] : []),
    command,
    ...args,
  ];
  const child = spawn(program, rest, { detached: true, stdio: 'ignore' });
  child.unref();
  return child.pid;
}

const answers = (port) =>
  fetch(`http://127.0.0.1:${port}/ping`).then(
    (response) => response.ok,
    () => false,
  );

async function startNode(cluster, node) {
  const config = join(node.folder, 'config.xml');
  writeFileSync(config, configOf(cluster, node));
  writeFileSync(join(node.folder, 'users.xml'), usersOf(cluster));
  node.pid = startProcess(cluster, onPath('clickhouse-server'), [`--config-file=${config}`]);
  const isUp = await until(async () => (await answers(node.http)) || !isRunning(node.pid), 60_000);
  const isReached = () => cluster.keeper === undefined || hasKeeper(node);
  if (isUp && isRunning(node.pid) && (await until(isReached, 60_000))) return;
  const log = join(node.folder, 'log/error.log');
  const words = existsSync(log) ? readFileSync(log, 'utf8').slice(-2000) : '';
  throw new Error(`node ${node.number} does not answer on port ${node.http}: ${words}`);
}

async function startKeeper(cluster) {
  const { folder, port } = cluster.keeper;
  mkdirSync(join(folder, 'data'), { recursive: true });
  writeFileSync(join(folder, 'zoo.cfg'), keeperConfigOf(cluster.keeper));
  const main = 'org.apache.zookeeper.server.quorum.QuorumPeerMain';
  const args = ['-Xmx128m', '-cp', join(jars, 'zookeeper.jar'), main, join(folder, 'zoo.cfg')];
  cluster.keeper.pid = startProcess(cluster, onPath('java'), args);
  const serves = () =>
    new Promise((done) => {
      const socket = connect(port, '127.0.0.1', () => socket.end('ruok'));
      socket.on('data', (bytes) => done(bytes.toString() === 'imok'));
      socket.on('error', () => done(false)).on('close', () => done(false));
    });
  if (!(await until(serves, 60_000))) throw new Error(`zookeeper does not answer on ${port}`);
}

/** Whether a node has reached ZooKeeper. */
const hasKeeper = ({ url }) => {
  const body = "SELECT count() FROM system.zookeeper WHERE path = '/'";
  return fetch(url, { method: 'POST', body }).then(
    ({ ok }) => ok,
    () => false,
  );
};

const fileOf = (folder) => join(resolve(folder), 'cluster.json');
const save = (cluster) => writeFileSync(fileOf(cluster.folder), JSON.stringify(cluster, null, 2));
export const clusterIn = (folder) => JSON.parse(readFileSync(fileOf(folder), 'utf8'));

/** Starts nodes in an empty folder and returns what the command prints. */
export async function startCluster(path, options = {}) {
  const { nodes = 2, tls, zookeeper, replicated, disk, endsWithParent = true } = options;
  const reason = missing(options);
  if (reason !== '') throw new Error(reason);
  const folder = resolve(path);
  mkdirSync(folder, { recursive: true });
  const { ports, lock } = await portsFor(folder);
  const next = () => ports.shift();
  const cluster = {
    ...{ folder, lock, name: 'aio', user: 'loader', password: PASSWORD, endsWithParent },
    isReplicated: replicated === true,
    ...(zookeeper && { keeper: { folder: join(folder, 'zookeeper'), port: next() } }),
    ...(tls && { tls: certificatesIn(join(folder, 'tls')) }),
    nodes: Array.from({ length: nodes }, (_, i) => {
      const [http, tcp, interserver, https] = [next(), next(), next(), tls ? next() : undefined];
      const url = `http://127.0.0.1:${http}`;
      const own = join(folder, `node${i + 1}`);
      const secure = tls && { https, httpsUrl: `https://127.0.0.1:${https}` };
      return { number: i + 1, folder: own, url, http, tcp, interserver, ...secure };
    }),
  };
  try {
    for (const node of cluster.nodes)
      for (const each of foldersOf(node.folder)) mkdirSync(each, { recursive: true });
    if (disk !== undefined) {
      cluster.mounted = join(cluster.nodes.at(-1).folder, 'data');
      run('mount', '-t', 'tmpfs', '-o', `size=${disk}`, 'tmpfs', cluster.mounted);
    }
    save(cluster);
    if (zookeeper) await startKeeper(cluster);
    await Promise.all(cluster.nodes.map((node) => startNode(cluster, node)));
  } catch (error) {
    await stopCluster(cluster);
    throw error;
  }
  save(cluster);
  return cluster;
}

/** Sends kill -9 to a node and waits until the process has ended. */
export async function killNode(cluster, number) {
  const { pid } = cluster.nodes[number - 1];
  if (isRunning(pid)) process.kill(pid, 'SIGKILL');
  if (!(await until(() => !isRunning(pid), 10_000))) throw new Error(`${pid} does not end`);
}

/** Starts a node that has ended again, on the same ports and data. */
export async function restartNode(cluster, number) {
  const node = cluster.nodes[number - 1];
  if (isRunning(node.pid)) throw new Error(`node ${number} still runs as ${node.pid}`);
  await startNode(cluster, node);
  save(cluster);
}

/** Ends every process of the cluster; what does not end in 10 seconds is killed. */
export async function stopCluster(cluster, signal = 'SIGTERM') {
  const pids = [...cluster.nodes, cluster.keeper].map((each) => each?.pid).filter(isRunning);
  for (const pid of pids) process.kill(pid, signal);
  if (!(await until(() => !pids.some(isRunning), 10_000)))
    for (const pid of pids.filter(isRunning)) process.kill(pid, 'SIGKILL');
  await until(() => !pids.some(isRunning), 10_000);
  if (cluster.mounted !== undefined) spawnSync('umount', [cluster.mounted]);
  rmSync(cluster.lock, { force: true });
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      nodes: { type: 'string', default: '2' },
      tls: { type: 'boolean' },
      zookeeper: { type: 'boolean' },
      replicated: { type: 'boolean' },
      disk: { type: 'string' },
    },
  });
  const [command, folder, node] = positionals;
  if (folder === undefined) throw new Error(USAGE);
  if (command === 'start') {
    const options = { ...values, nodes: Number(values.nodes), endsWithParent: false };
    console.log(JSON.stringify(await startCluster(folder, options), null, 2));
  } else if (command === 'kill') await killNode(clusterIn(folder), Number(node));
  else if (command === 'restart') await restartNode(clusterIn(folder), Number(node));
  else if (command === 'stop') await stopCluster(clusterIn(folder));
  else throw new Error(USAGE);
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await main().catch(({ message }) => {
    console.error(message);
    process.exitCode = 1;
  });
