// Does the page show the records of packed traces as those of the folder: at any place, or forward if compressed?
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { decode } from '../src/index.ts';
import { PARTS } from '../src/trace/part.ts';
import { recordCell } from '../src/words/record-cells.ts';
import type { Tab } from './support/browsers.ts';
import { inBrowsers } from './support/in-browsers.ts';
import { chosen, SETTLED, stateOf, viewed } from './support/page-site.ts';
import { packed } from './support/traces.ts';

const TRACE = fileURLToPath(new URL('fixtures/case_rwf.trace', import.meta.url));

/** Each part with its records as the library decodes them. */
const parts = (['submissions', 'completions', 'refused'] as const).map((part) => {
  const { file, layout, kind } = PARTS[part];
  const batch = decode(readFileSync(join(TRACE, file)), { kind: kind ?? 'iocb', layout });
  const cells = (i: number) => batch.schema.columns.map((column) => recordCell(batch, column, i));
  return { file, cells, records: batch.length };
});

/** Goes to a record and returns its cells. */
async function cellsAt(tab: Tab, file: number, index: number): Promise<string[]> {
  await tab.evaluate(`void (location.hash = 'view=records&file=${file}&row=${index}')`);
  const cells = `[...document.querySelectorAll('.row.selected .cell')].map((each) => each.innerText)`;
  await tab.until(`aioscope.session().place.file === ${file} &&
    ${cells}[0] === '${index.toLocaleString('en')}' && ${cells}[1] !== '·'`);
  return tab.evaluate(`${cells}.slice(1)`);
}

const NOTE = `document.querySelector('.records-view > .note')?.innerText ?? ''`;

inBrowsers([], (here) => {
  const pack = (name: string) => packed(TRACE, join(dirname(here.written(name, '')), name));

  test.each(['chosen', 'served'])('any record of one that is %s', async (how) => {
    const path = await pack('run.aiotrace');
    const served = how === 'served' ? await viewed(path) : undefined;
    const tab = served === undefined ? here.tab : await here.open(served.url);
    if (served === undefined) await chosen(tab, [path]);
    else await tab.until(SETTLED);
    const { files, fault } = await stateOf(tab);
    expect([fault, files.map(({ name, records }) => [name, records])]).toEqual([
      null,
      parts.map(({ file, records }) => [`run.aiotrace:${file}`, records]),
    ]);
    for (const [file, { cells, records }] of parts.entries())
      for (const index of [0, Math.floor(records / 2), records - 1])
        expect(await cellsAt(tab, file, index)).toEqual(cells(index));
    expect(await tab.evaluate(NOTE)).toBe('');
    await tab.evaluate(`void (location.hash = '')`);
    if (served === undefined) return;
    expect(await tab.wrong()).toEqual([]);
    await tab.close();
    served.close();
  });

  test('the first records of one that is compressed', async () => {
    const { tab } = here;
    const plain = readFileSync(await pack('plain.aiotrace'));
    const path = here.written('small.aiotrace', gzipSync(plain));
    const { files, fault } = await chosen(tab, [path]);
    expect([fault, files.map((each) => each['compression'])]).toEqual([
      null,
      Array(3).fill('gzip'),
    ]);
    for (const [file, { cells, records }] of parts.entries()) {
      expect(await cellsAt(tab, file, records - 1)).toEqual(cells(records - 1));
      expect(await tab.evaluate(NOTE)).toMatch(/compressed traces are read forward only/);
    }
    await tab.evaluate(`void (location.hash = '')`);
  });
});
