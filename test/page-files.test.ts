// Are files opened together read as the library reads them: unknown ones, equal names, more than six, other formats?
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { match, report } from '../src/node.ts';
import type { Tab } from './support/browsers.ts';
import { fixture } from './support/cli.ts';
import { inBrowsers } from './support/in-browsers.ts';
import { chosen, SETTLED, stateOf, textOf, viewed } from './support/page-site.ts';

const BOTH = ['case_rwf.iocb88', 'case_rwf.ioev56'].map(fixture);

/** The JSON of a result with names as the page has them. */
const plain = (result: object): unknown =>
  JSON.parse(JSON.stringify(result).replaceAll(`${dirname(BOTH[0])}/`, ''));

const NAMED: Readonly<Record<string, string>> = { iocb88: 'dump', ioev56: 'dump (2)' };

/** Gives a file, by its place, another format. */
async function correct(tab: Tab, file: number, kind: string): Promise<void> {
  const inFile = `[...document.querySelectorAll('[data-figure="file"]')][${file}]`;
  await tab.evaluate(`${inFile}.querySelector('button').click()`);
  await tab.until(`${inFile}.querySelector('select') !== null`);
  await tab.evaluate(`(() => {
    const select = ${inFile}.querySelector('select');
    select.value = '${kind}';
    select.dispatchEvent(new Event('change', { bubbles: true }));
  })()`);
  await tab.until(`${inFile}.querySelector('[data-figure="format-preview"]') !== null`);
  await tab.evaluate(`${inFile}.querySelector('button[type="submit"]').click()`);
  await tab.until(
    `aioscope.session().files[${file}].kind === '${kind}' && aioscope.session().isDone`,
  );
}

inBrowsers([], (here) => {
  test('one that is not recognized is left out, until its format is given', async () => {
    const { tab } = here;
    const noise = here.written('an-unknown.bin', randomBytes(32 * 1000));
    const { result, fault, files, place } = await chosen(tab, [noise, ...BOTH]);
    expect([fault, files.length]).toEqual([null, 3]);
    expect(files[place.file].name).toBe('case_rwf.iocb88');
    expect(result.report).toEqual(plain(await report(BOTH)));
    expect(await textOf(tab, 'files')).toMatch(
      /an-unknown\.bin\s+not recognized\s+Give its format/,
    );
    expect(await textOf(tab, 'files')).toMatch(/an-unknown\.bin: not recognized: \w+/);
    await tab.press('4');
    await tab.until(`document.querySelectorAll('.records-file option').length === 3`);
    await tab.until(`document.querySelector('.row.selected .cell + .cell') !== null`);
    await tab.press('1');

    await correct(tab, 0, 'iocb');
    const after = await stateOf(tab);
    expect([after.fault, after.files.map(({ unknown }) => unknown)]).toEqual([
      null,
      [undefined, undefined, undefined],
    ]);
    const { inputs } = after.result.report;
    expect(inputs.map((each: { file: string }) => each.file).sort()).toEqual(
      files.map((each) => each.name).sort(),
    );
    expect(inputs.find(({ file }: { file: string }) => file === 'an-unknown.bin').records).toBe(
      500,
    );
  });

  test('where none is recognized, the first is named', async () => {
    const { tab, written } = here;
    const noises = ['one.bin', 'two.bin'].map((name) => written(name, randomBytes(999)));
    const { fault, files } = await chosen(tab, noises);
    expect(fault?.message).toMatch(/one\.bin: not recognized/);
    expect(files.length).toBe(2);
    await chosen(tab, BOTH);
  });

  test('the format of one of two is corrected, and the other stays as it is', async () => {
    const { tab } = here;
    await chosen(tab, BOTH);
    await correct(tab, 1, 'iocb');
    const { files, result, fault } = await stateOf(tab);
    expect(fault).toBe(null);
    expect(files.map(({ kind, layout }) => [kind, layout])).toEqual([
      ['iocb', files[0]['layout']],
      ['iocb', files[1]['layout']],
    ]);
    expect(result.report.inputs.map(({ kind }: { kind: string }) => kind)).toEqual([
      'iocb',
      'iocb',
    ]);
    expect(result.report.submissions).toBeDefined();
    expect(result.report.completions).toBeUndefined();
    await correct(tab, 1, 'io_event');
    expect((await stateOf(tab)).result.report).toEqual(plain(await report(BOTH)));
  });

  test('seven that are served are read at once', async () => {
    const bytes = readFileSync(fixture('fio_nowait.ioev'));
    const parts = Array.from({ length: 7 }, (_, i) => here.written(`part-${i}.ioev`, bytes));
    const served = await viewed(...parts);
    const own = await here.open(served.url);
    await own.until(SETTLED, 60_000);
    const { result, fault, files } = await stateOf(own);
    expect([fault, files.length]).toEqual([null, 7]);
    expect(result.report.inputs.map(({ records }: { records: number }) => records)).toEqual(
      Array(7).fill(4096),
    );
    // Their rows too, while other files of the server stay open.
    for (const file of [6, 0, 3]) {
      await own.evaluate(`void (location.hash = 'view=records&file=${file}&row=9')`);
      await own.until(`aioscope.session().place.file === ${file}`);
      await own.until(
        `/\\d/.test(document.querySelector('.row.selected .cell + .cell')?.innerText)`,
      );
    }
    expect(await own.wrong()).toEqual([]);
    await own.close();
    served.close();
  }, 120_000);

  test('two of the same name are told apart', async () => {
    const { tab } = here;
    const first = here.written('same.ioev', readFileSync(fixture('fio_nowait.ioev')));
    const inner = `${dirname(first)}/inner`;
    mkdirSync(inner, { recursive: true });
    copyFileSync(fixture('case_sync.ioev'), `${inner}/same.ioev`);
    const { files, result, fault } = await chosen(tab, [first, `${inner}/same.ioev`]);
    expect(fault).toBe(null);
    const names = ['same.ioev', 'same.ioev (2)'];
    expect(files.map((each) => each.name)).toEqual(names);
    const { inputs } = result.report;
    expect(inputs.map(({ file }: { file: string }) => file)).toEqual(names);
    expect(inputs.map(({ records }: { records: number }) => records)).toEqual(
      files.map(({ records }) => records),
    );
    expect(files[0].records).not.toBe(files[1].records);
    expect(await textOf(tab, 'files')).toContain('same.ioev (2)');
  });

  test('files that are matched find each other under equal names', async () => {
    const { tab } = here;
    const folders = BOTH.map((path, i) => {
      const other = `${dirname(here.written('dump', ''))}/${i}`;
      mkdirSync(other, { recursive: true });
      copyFileSync(path, `${other}/dump`);
      return `${other}/dump`;
    });
    const { result, fault } = await chosen(tab, folders);
    expect(fault).toBe(null);
    const expected = JSON.stringify(plain(await match(BOTH, { slowest: 20 })));
    expect(result.match).toEqual(
      JSON.parse(expected.replaceAll(/case_rwf.(iocb88|ioev56)/g, (_, of) => NAMED[of])),
    );
  });
});
