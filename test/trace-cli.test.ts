// Does every command take a trace, as a folder or one file, as it takes the files of the trace?
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, cpSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { environment, fixture, main, printed } from './support/cli.ts';
import { printedHere, ran } from './support/cli-here.ts';
import { WITH_DUCKDB } from './support/duckdb.ts';
import { traceFolder, traceOfRows } from './support/traces.ts';

const { folder, remove } = traceFolder();
afterAll(remove);

const rows = await traceOfRows(join(folder, 'rows.trace'), 'case_sync');
const rwf = fixture('../case_rwf.trace');
const pack = join(folder, 'rows.aiotrace');
await printedHere(['trace', 'pack', rows, '-o', pack]);
const rwfPack = join(folder, 'rwf.aiotrace');
await printedHere(['trace', 'pack', rwf, '-o', rwfPack]);

const files = [fixture('case_sync.iocb88'), fixture('case_sync.ioev56')];
const KINDS = ['--kind', 'iocb', '--kind', 'io_event', '--layout', 'traced', '--endian', 'little'];
const ONE = ['--layout', 'traced', '--kind', 'io_event'];

/** The names of files replaced by what they are, and the evidence of a format left out. */
const plain = (text: string): string =>
  text
    .replaceAll(/[^"\s<>]*?[/:]?(submissions\.iocb88|case_sync\.iocb88)/g, 'S')
    .replaceAll(/[^"\s<>]*?[/:]?(completions\.ioev56|case_sync\.ioev56)/g, 'C')
    .replaceAll(/aioscope report: [^<]*/g, 'title')
    // What was read, and commands to copy, have the names that were given.
    .replaceAll(
      /^ *input [\s\S]*?\n(?= *span)|<td>input<\/td><td>[^<]*<\/td>|<code>[^<]*<\/code>/gm,
      '',
    )
    .replaceAll(/^ *\$ aioscope.*\n|(?<=more findings?: )[\s\S]*?\n(?=\n)/gm, '')
    .replaceAll(/ {2,}/g, ' ')
    .replaceAll(/"evidence":\[[^\]]*\],?/g, '')
    .replaceAll(/^ (in \d+ of .* sampled records.*|it is a part of a trace)\n/gm, '');

describe('the output is that of the files', () => {
  test.each([
    ['summary', [], files],
    ['report', [], files],
    ['report', ['--html', '-'], files],
    ['match', [], files],
    ['match', ['--slowest', '3'], files],
    ['match', ['--pairs', '--format', 'csv'], files],
    ['export', ['--pairs', '--format', 'ndjson'], files],
    ['print', ['--kind', 'io_event'], files.slice(1)],
    ['print', ['--kind', 'io_event', '--where', 'res<0', '--from', '+1ms'], files.slice(1)],
    ['export', ['--kind', 'io_event', '--format', 'csv'], files.slice(1)],
    ['export', ['--kind', 'io_event', '--format', 'raw'], files.slice(1)],
    ['inspect', ['--kind', 'iocb'], files.slice(0, 1)],
  ])('%s %j', async (command, options, given) => {
    const format = given.length === 2 ? KINDS : ['--layout', 'traced'];
    const expected = plain(await printedHere([command, ...options, ...format, ...given]));
    expect(expected.length).toBeGreaterThan(50);
    expect(plain(await printedHere([command, ...options, pack]))).toBe(expected);
  });

  test('in JSON, where 64-bit numbers and the order of keys show', async () => {
    for (const command of ['summary', 'report', 'match']) {
      const expected = plain(await printedHere([command, '--json', ...KINDS, ...files]));
      // Only a report of traces says how they were recorded.
      const whole = (await printedHere([command, '--json', rows])).replace(
        /,"traces":\[\{.*?\}\](?=,")/,
        '',
      );
      expect(plain(whole)).toBe(expected);
    }
    expect(plain(await printedHere(['print', '--json', '--kind', 'io_event', pack]))).toBe(
      plain(await printedHere(['print', '--json', ...ONE, files[1]])),
    );
  });

  test('check, which exits with 3', async () => {
    const of = async (args: readonly string[]) => {
      const { stdout, status } = await ran(['check', '--json', ...args]);
      return [plain(stdout), status];
    };
    const expected = await of([...KINDS, ...files]);
    expect(expected[1]).toBe(3);
    expect(await of([pack])).toEqual(expected);
  });

  test('sql', async () => {
    const query =
      'select sum(latencyNs), count(*), (select count(*) from iocb), max(submissionIndex) from pairs';
    const of = (given: readonly string[]) =>
      printed(['sql', '--ndjson', query, ...given], { env: WITH_DUCKDB });
    const expected = of([...KINDS, ...files]);
    expect(of([rows])).toBe(expected);
  });

  test('with what a log could not show, in a folder and a pack alike', async () => {
    for (const args of [
      ['summary'],
      ['report'],
      ['match'],
      ['print', '--kind', 'iocb'],
      ['export', '--pairs', '--format', 'ndjson'],
    ]) {
      const text = plain(await printedHere([...args, rwf]));
      expect(plain(await printedHere([...args, rwfPack]))).toBe(text);
    }
  });
});

test('what a log could not show is said once, and what was refused is in the report', async () => {
  for (const command of ['summary', 'match']) {
    const lines = (await printedHere([command, rwf])).split('\n');
    const said = lines.filter((line) => line.includes('source does not show these fields'));
    expect(said.map((line) => /submissions|completions/.exec(line)?.[0])).toEqual([
      'submissions',
      'completions',
    ]);
  }
  const text = (await printedHere(['report', rwf])).replaceAll(/\n +/g, ' ').replaceAll('\n', ' ');
  expect(text).toContain('not in the source: submissions: aio_buf (of PWRITE), ');
  expect(text.match(/not in the source/g)?.length).toBe(1);
  expect(text).toContain('96 of 426 submissions (22.5 %) were refused by io_submit: EOPNOTSUPP;');
});

describe('trace', () => {
  test('info shows the description, and --json has it', async () => {
    const text = await printedHere(['trace', 'info', rwfPack]);
    expect(text).toContain('method     strace');
    expect(text).toMatch(/refused +96 +refused\.bin/);
    const json = JSON.parse(await printedHere(['trace', 'info', '--json', rwf]));
    const manifest = JSON.parse(readFileSync(join(rwf, 'capture.json'), 'utf8'));
    expect(json).toEqual({ ...manifest, faults: [] });
  });

  test.each(['gzip', 'zstd', 'none'])(
    'pack with %s, and unpack, give the files back',
    async (mode) => {
      const path = join(folder, `${mode}.aiotrace`);
      const { status, stderr } = await ran([
        ...['trace', 'pack', '--compression', mode, rwf, '-o', path],
      ]);
      if (mode === 'zstd' && status === 2) {
        expect(stderr).toContain('zstd needs Node 22.15');
        return;
      }
      const out = join(folder, `${mode}.unpacked`);
      await printedHere(['trace', 'unpack', path, '-o', out]);
      for (const part of ['capture.json', 'submissions.iocb88', 'refused.bin', 'calls.bin'])
        expect(readFileSync(join(out, part))).toEqual(readFileSync(join(rwf, part)));
      expect(plain(await printedHere(['summary', path]))).toBe(
        plain(await printedHere(['summary', rwf])),
      );
      const [first] = readFileSync(path);
      expect(first).toBe({ gzip: 0x1f, zstd: 0x28, none: 'c'.charCodeAt(0) }[mode]);
    },
  );

  test('refuses to overwrite, other names, and what is no trace', async () => {
    const of = (...args: string[]) => ran(['trace', ...args]);
    expect(await of('pack', rwf, '-o', rwfPack)).toMatchObject({ status: 2 });
    expect(await of('pack', '--force', rwf, '-o', rwfPack)).toMatchObject({ status: 0 });
    expect((await of('pack', rwf, '-o', join(folder, 'x.tar'))).stderr).toContain(
      'must end in .aiotrace',
    );
    expect((await of('unpack', rwfPack, '-o', folder)).stderr).toContain('already exists');
    expect(await of('info', fixture('case_rwf.iocb'))).toMatchObject({ status: 1, stdout: '' });
    expect((await of('info', join(folder, 'missing.aiotrace'))).stderr).toContain('no such file');
  });

  test('leaves nothing of a pack that fails', async () => {
    const path = join(folder, 'damaged.aiotrace');
    writeFileSync(path, readFileSync(rwfPack).subarray(0, 4000));
    const out = join(folder, 'out.aiotrace');
    expect((await ran(['trace', 'pack', path, '-o', out])).status).toBe(1);
    expect((await ran(['trace', 'unpack', path, '-o', `${out}.folder`])).status).toBe(1);
    expect(statSync(out, { throwIfNoEntry: false })).toBe(undefined);
    expect(statSync(`${out}.folder`, { throwIfNoEntry: false })).toBe(undefined);
    expect(await ran(['summary', path])).toMatchObject({ status: 1, stdout: '' });
  });
});

describe('a trace that was cut', () => {
  test('is read, and what is missing is said', async () => {
    const path = join(folder, 'cut.trace');
    cpSync(rwf, path, { recursive: true });
    rmSync(join(path, 'capture.json'));
    appendFileSync(join(path, 'completions.ioev56'), new Uint8Array(560));
    appendFileSync(join(path, 'submissions.iocb88'), new Uint8Array(40).fill(1));
    const { stdout, stderr, status } = await ran(['summary', path]);
    expect(status).toBe(0);
    expect(stdout).toContain('330 records');
    expect(stdout).toContain('ignored a partial record of 40 bytes at byte 29040');
    const lines = stderr.trim().split('\n');
    expect(lines.length).toBe(2);
    expect(lines[0]).toContain(
      'capture.json is missing or incomplete, as after a capture that was killed',
    );
    expect(lines[1]).toContain("part 'completions' ends in zeros after 330 records");
  });
});

describe('a trace that grows', () => {
  test('is followed', async () => {
    const path = join(folder, 'grows.trace');
    cpSync(rows, path, { recursive: true });
    const file = join(path, 'completions.ioev56');
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, 560));
    const args = ['print', '--follow', '--kind', 'io_event', '--format', 'csv', path];
    const child = spawn(process.execPath, [main, ...args], { env: environment() });
    let [out, err] = ['', ''];
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    const ended = once(child, 'exit');
    let hasGrown = false;
    for await (const chunk of child.stdout) {
      out += chunk;
      const lines = out.split('\n').length - 2;
      if (lines >= 10 && !hasGrown) {
        hasGrown = true;
        appendFileSync(file, whole.subarray(560));
      }
      if (lines >= 480) child.kill('SIGINT');
    }
    expect(await ended).toEqual([0, null]);
    expect(out.trimEnd().split('\n').length).toBe(481);
    expect(err).toContain(
      `${basename(path)}: part 'completions' has 10 records, but capture.json lists 480`,
    );
  });
});
