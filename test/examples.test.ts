// Do the examples do what they say?
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tableFromIPC } from '@uwdata/flechette';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, describe, expect, test } from 'vitest';
import { encode, match, summarize } from '../src/node.ts';
import { aioscope, fixture } from './support/cli.ts';
import { WITH_DUCKDB } from './support/duckdb.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-examples-'));
afterAll(() => rmSync(folder, { recursive: true }));

const example = (name: string): string =>
  fileURLToPath(new URL(`../examples/${name}`, import.meta.url));
const EVENTS = fixture('case_rwf.ioev');
const errors = async () =>
  (await summarize(EVENTS))
    .toJSON()
    .io_event?.errors.map(({ name, count }) => [name, count] as const) ?? [];

test('export.mjs writes what failed', async () => {
  const output = join(folder, 'failed.arrow');
  const failed = (await errors()).reduce((sum, [, count]) => sum + count, 0);
  expect(
    execFileSync(process.execPath, [example('export.mjs'), EVENTS, output], { encoding: 'utf8' }),
  ).toBe(`${failed} of 330 completions failed\n`);
  expect(tableFromIPC(readFileSync(output)).numRows).toBe(failed);
});

test('pairs.mjs writes what took long, with names', async () => {
  const output = join(folder, 'slow.parquet');
  const sides = [fixture('case_sync.iocb88'), fixture('case_sync.ioev56')];
  execFileSync(process.execPath, [example('pairs.mjs'), ...sides, output, '500000']);
  const rows = await parquetReadObjects({ file: Uint8Array.from(readFileSync(output)).buffer });
  const slowest =
    (await match(sides[0], sides[1], { slowest: 480, where: 'latency>0' })).toJSON().slowest ?? [];
  const expected = slowest.map(({ latencyNs }) => BigInt(latencyNs)).filter((ns) => ns > 500_000n);
  expect(expected.length).toBeGreaterThan(0);
  expect(rows.map(({ latencyNs }) => latencyNs).sort()).toEqual(expected.sort());
  expect(rows[0]).toMatchObject({
    aio_lio_opcode_name: expect.stringMatching(/^IOCB_CMD_/),
    res_name: null,
  });
});

/** As much of an SVG element as draw-arrow.mjs uses: markup has no way in. */
class Svg {
  readonly attributes: Record<string, string> = {};
  readonly children: Svg[] = [];
  readonly ownerDocument = { createElementNS: (_: string, name: string) => new Svg(name) };
  textContent = '';
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
  setAttribute(name: string, value: string): void {
    this.attributes[name] = value;
  }
  append(child: Svg): void {
    this.children.push(child);
  }
}

describe('draw-arrow.mjs', async () => {
  const { countsOf, drawCounts } = (await import(example('draw-arrow.mjs'))) as {
    countsOf(bytes: Uint8Array, column: string): [string, number][];
    drawCounts(svg: Svg, bytes: Uint8Array, column: string): void;
  };
  const drawn = (bytes: Uint8Array, column: string): [string, number][] => {
    const svg = new Svg('svg');
    drawCounts(svg, bytes, column);
    const texts = svg.children.filter(({ name }) => name === 'text');
    expect(svg.children.length).toBe(1.5 * texts.length);
    return texts.flatMap(({ textContent }, i) =>
      i % 2 === 0 ? [[textContent, Number(texts[i + 1].textContent)] as [string, number]] : [],
    );
  };

  test('draws a bar for every error', async () => {
    const output = join(folder, 'names.arrow');
    expect(
      aioscope(['export', '--format', 'arrow', '--names', '-o', output, EVENTS]),
    ).toMatchObject({
      status: 0,
    });
    const bytes = readFileSync(output);
    expect(new Map(countsOf(bytes, 'res_name'))).toEqual(new Map(await errors()));
    expect(new Map(drawn(bytes, 'res_name'))).toEqual(new Map(await errors()));
  });

  test('takes names for text, not for markup', () => {
    const name = '<img src=x onerror=alert(1)>';
    const records = encode([{ comm: name, res: 1n }], {
      kind: 'io_event',
      layout: 'comm:char32,record',
    });
    const path = join(folder, 'markup.ioev');
    writeFileSync(path, records);
    const given = ['--kind', 'io_event', '--layout', 'comm:char32,record', path];
    const output = join(folder, 'markup.arrow');
    expect(aioscope(['export', '--format', 'arrow', '-o', output, ...given])).toMatchObject({
      status: 0,
    });
    expect(drawn(readFileSync(output), 'comm')).toEqual([[name, 1]]);
    expect(readFileSync(example('draw-arrow.mjs'), 'utf8')).not.toMatch(/innerHTML/);
  });
});

test('duckdb.mjs asks for the slowest requests', () => {
  const args = [example('duckdb.mjs'), fixture('case_rwf.iocb88'), fixture('case_rwf.ioev56')];
  const [first, ...others] = execFileSync(process.execPath, args, {
    encoding: 'utf8',
    env: { ...process.env, ...WITH_DUCKDB },
  }).split('\n');
  expect(first).toBe('IOCB_CMD_PWRITE of 4096 bytes: 144 pairs, 1.692 ms at the most');
  expect(others.length).toBe(3);
});

test('errors.py counts what failed, of Arrow and of Parquet', async ({ skip }) => {
  const python = process.env['AIOSCOPE_PYTHON'] ?? 'python3';
  const hasPyarrow = spawnSync(python, ['-c', 'import pyarrow']).status === 0;
  skip(!hasPyarrow, `${python} has no pyarrow; AIOSCOPE_PYTHON can name one that has`);
  const expected = new Set((await errors()).map(([name, count]) => `${name} ${count}`));
  for (const [format, name] of [
    ['parquet', 'names.parquet'],
    ['arrow-file', 'names.arrow-file'],
  ] as const) {
    const output = join(folder, name);
    expect(
      aioscope(['export', '--format', format, '--names', '--force', '-o', output, EVENTS]),
    ).toMatchObject({ status: 0 });
    const [head, ...lines] = execFileSync(python, [example('errors.py'), output], {
      encoding: 'utf8',
    })
      .trim()
      .split('\n');
    expect(head).toBe(`330 completions; io_event of ${EVENTS}`);
    expect(new Set(lines)).toEqual(expected);
  }
});
