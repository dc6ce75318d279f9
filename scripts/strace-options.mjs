// Runs test/fixtures/aio-run.c under strace with many sets of options, imports each log, and
// compares every field that it prints with the memory of the same run. Needs strace and cc.
//   npm run strace [-- --keep FOLDER] [--fixtures FOLDER]
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import * as abi from '../dist/abi/index.js';
import { importLog } from '../dist/import-node.js';
import { compareWithTruth, truthOf } from './aio-run.mjs';

const AIO = 'trace=io_setup,io_destroy,io_submit,io_getevents,io_pgetevents,io_cancel';
const FULL = ['-f', '-ttt', '-T', '-v', '-s', '0', '-yy'];
/** How many structs of a list strace prints without -v: as many as characters of a string. */
const ABBREVIATED = 32;

/** The file that the program reads and writes. */
const PATH = 'data, [1] {a=b} c>d\\eä';

/** Options of strace, with what they change about the log; some logs are fixtures of a test. */
const RUNS = [
  { options: FULL },
  { options: [...FULL, '-e', AIO] },
  { options: [...FULL, '-X', 'raw', '-e', AIO] },
  { options: [...FULL, '-X', 'abbrev', '-e', AIO] },
  { options: [...FULL, '-X', 'verbose', '-e', AIO] },
  { options: ['-f', '--seccomp-bpf', '-ttt', '-T', '-v', '-s', '0', '-yy', '-e', AIO] },
  { options: [...FULL, '--decode-pids=comm'] },
  { options: [...FULL, '--decode-pids=pidns', '-e', AIO] },
  { options: ['-v', '-e', AIO], isMain: true },
  { options: ['-v', '-tt', '-e', AIO], isMain: true },
  { options: ['-f', '-v'] },
  { options: ['-f', '-v', '-t', '-e', AIO] },
  { options: ['-f', '-v', '-tt', '-e', AIO] },
  { options: ['-f', '-v', '-r', '-e', AIO] },
  { options: ['-f', '-v', '-r', '-ttt', '-T', '-e', AIO] },
  { options: ['-f', '-v', '--relative-timestamps=ns', '--syscall-times=ns', '-e', AIO] },
  { options: ['-f', '-v', '--absolute-timestamps=format:unix,precision:ns', '-e', AIO] },
  { options: ['-f', '-v', '--absolute-timestamps=format:unix,precision:s', '-T', '-e', AIO] },
  { options: ['-f', '-v', '--absolute-timestamps=format:time,precision:ms', '-e', AIO] },
  { options: ['-f', '-ttt', '-T', '-e', AIO], shown: ABBREVIATED },
  { options: ['-f', '-ttt', '-s', '0', '-e', AIO], shown: 0 },
  { options: ['-f', '-ttt', '-s', '4096', '-e', AIO], shown: 4096 },
  { options: ['-f', '-ttt', '-s', '4096', '-v', '-e', AIO] },
  { options: ['-f', '-ttt', '-s', '4096', '-v', '-x', '-e', AIO] },
  { options: [...FULL, '-s', '64', '-xx'] },
  { options: ['-f', '-ttt', '-v', '-y', '-e', AIO] },
  { options: ['-f', '-ttt', '-v', '-y', '-e', 'trace=all'] },
  { options: ['-f', '-i', '-ttt', '-v', '-e', AIO] },
  { options: ['-f', '-n', '-ttt', '-v', '-e', AIO] },
  { options: ['-f', '-k', '-ttt', '-v', '-e', AIO] },
  { options: ['-f', '-C', '-ttt', '-v', '-e', AIO] },
  { options: ['-f', '-a', '1', '-ttt', '-v', '-e', AIO] },
  { options: ['-f', '-a', '200', '-ttt', '-v', '-e', AIO] },
  { options: ['-f', '-qqq', '-ttt', '-v', '-e', AIO] },
  { options: ['-f', '-ttt', '-v', '-e', 'raw=io_submit', '-e', AIO], shown: 0, events: 2 ** 20 },
  { options: ['-f', '-ttt', '-v', '-e', 'raw=all', '-e', AIO], shown: 0, events: 0 },
  { options: ['-f', '-ttt', '-e', 'verbose=none', '-e', AIO], shown: 0, events: 0 },
  { options: ['-f', '-ttt', '-T', '-v', '-e', 'write=all', '-e', AIO] },
  { options: ['-ff', '-ttt', '-T', '-v'], output: 'separate' },
  { options: ['-ff', '-tt', '-v', '-e', AIO], output: 'separate' },
  { options: ['-ff', '-v', '-e', AIO], output: 'separate', fixture: 'separate' },
  { options: ['-f', '-ttt', '-v', '-e', AIO], output: 'stderr' },
  { options: ['-f', '-v'], output: 'stderr' },
  {
    options: ['-f', '-tt', '-T', '-v', '--decode-pids=comm'],
    output: 'stderr',
    fixture: 'terminal',
  },
  { options: [...FULL, '-e', AIO], mail: 'quoted' },
  { options: [...FULL, '-e', AIO], mail: 'quoted-printable', fixture: 'encoded' },
  { options: [...FULL, '-e', AIO], mail: 'wrapped', fixture: 'wrapped' },
  { options: ['-f', '-v'], mail: 'wrapped' },
  { options: ['-f', '-v', '-e', AIO], output: 'stderr', mail: 'quoted' },
  { options: ['-f', '-r', '-v', '-e', AIO], mail: 'crlf' },
];

/** A mail quotes each line, or encodes it and breaks it. */
const MAILS = {
  quoted: (line) => [`> ${line}`],
  crlf: (line) => [`${line}\r`],
  wrapped: (line) => {
    const lines = [];
    let rest = line;
    while (rest.length > 76) {
      const at = rest.lastIndexOf(' ', 76);
      if (at <= 0) break;
      lines.push(`> ${rest.slice(0, at)}`);
      rest = rest.slice(at + 1);
    }
    return [...lines, `> ${rest}`];
  },
  'quoted-printable': (line) => {
    const encoded = Buffer.from(line, 'utf8')
      .toString('latin1')
      .replace(
        /[^ -<>-~]/g,
        (c) => `=${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
      );
    const parts = [];
    let part = '';
    for (const piece of encoded.match(/=[\dA-F]{2}|./g) ?? []) {
      if (part.length + piece.length > 75) {
        parts.push(`${part}=`);
        part = '';
      }
      part += piece;
    }
    return [...parts, part];
  },
};

/** A program that runs under strace, and what strace printed of it. */
function trace(program, folder, { options, output = 'file', mail }) {
  mkdirSync(folder);
  const log = join(folder, 'log');
  const to = output === 'stderr' ? [] : ['-o', log];
  const { status, stderr } = spawnSync('strace', [...options, ...to, program, folder], {
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) throw new Error(`strace ${options.join(' ')}: ${stderr}`);
  if (output === 'stderr') writeFileSync(log, stderr);
  if (mail !== undefined) {
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n').flatMap(MAILS[mail]);
    writeFileSync(log, `${lines.join('\n')}\n`);
  }
  const names = readdirSync(folder).filter((name) => name.startsWith('log'));
  return names.sort().map((name) => join(folder, name));
}

async function imported(logs) {
  const unparsed = [];
  const log = importLog(logs, { onUnparsed: (line) => unparsed.push(line) });
  const parts = { submissions: [], completions: [], refused: [], calls: [] };
  for await (const { part, bytes } of log.chunks()) parts[part].push(bytes);
  const whole = Object.entries(parts).map(([part, chunks]) => [part, Buffer.concat(chunks)]);
  return { ...Object.fromEntries(whole), manifest: log.manifest, unparsed };
}

/** Keeps a log and what the program wrote down for `test/import-strace-options.test.ts`. */
function saveFixture(folder, to) {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(folder).filter((each) => /^log|\.bin$/.test(each)))
    writeFileSync(join(to, `${name}.gz`), gzipSync(readFileSync(join(folder, name)), { level: 9 }));
}

const { values } = parseArgs({
  options: { keep: { type: 'string' }, fixtures: { type: 'string' } },
});
const root = values.keep ?? mkdtempSync(join(tmpdir(), 'aioscope-'));
const program = join(root, 'aio-run');
mkdirSync(root, { recursive: true });
execFileSync('cc', ['-O1', '-Wall', '-pthread', '-o', program, 'test/fixtures/aio-run.c']);
console.log('   equal  differ  dropped  options');
let failures = 0;
for (const [i, run] of RUNS.entries()) {
  const folder = join(root, String(i));
  const log = await imported(trace(program, folder, run));
  const { manifest, unparsed } = log;
  const truth = truthOf(abi, (file) => readFileSync(join(folder, file)), run);
  const { equal, differences } = compareWithTruth(abi, log, truth);
  for (const { number, text } of unparsed) differences.push(`line ${number}: ${text}`);
  const path = join(folder, PATH);
  const hasPaths = run.options.some((option) => /^-y/.test(option)) && run.shown !== 0;
  if (hasPaths && !manifest.descriptors.some((each) => each.path === path))
    differences.push(`no descriptor is ${path}: ${JSON.stringify(manifest.descriptors)}`);
  const words = [...run.options, run.output ?? [], run.mail ?? []].flat();
  const dropped = Object.values(manifest.dropped).reduce((sum, count) => sum + count, 0);
  const cells = [
    String(equal).padStart(8),
    String(differences.length).padStart(7),
    String(dropped).padStart(8),
  ];
  console.log(`${cells.join(' ')}  ${words.join(' ').replace(AIO, 'AIO')}`);
  for (const line of differences.slice(0, 10)) console.log(`    ${line.slice(0, 200)}`);
  failures += differences.length;
  if (values.fixtures !== undefined && run.fixture !== undefined)
    saveFixture(folder, join(values.fixtures, run.fixture));
}
if (values.keep === undefined) rmSync(root, { recursive: true });
process.exitCode = failures === 0 ? 0 : 1;
