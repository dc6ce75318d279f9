// Tests of the page in each browser that is there: a page as it is served, one tab, a folder for files.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import { type BrowserName, lackOf, type PageBrowser, startBrowser, type Tab } from './browsers.ts';
import { viewed } from './page-site.ts';
import { scratch } from './scratch.ts';

/** What tests in one browser share. */
export interface InBrowser {
  readonly name: BrowserName;
  /** Why the browser is not there; its tests are skipped. */
  readonly lack: string | undefined;
  /** The tab in which the page is open. */
  readonly tab: Tab;
  /** Opens another tab, of the same page unless given, which the test closes. */
  open(url?: string): Promise<Tab>;
  /** Writes a file for the time of the tests. */
  written(file: string, bytes: Uint8Array | string): string;
}

/** Defines tests for each browser; the page is served with these files. */
export function inBrowsers(paths: readonly string[], define: (here: InBrowser) => void): void {
  describe.each(['chromium', 'firefox'] as const)('in %s', (name) => {
    const lack = lackOf(name);
    const folder = scratch('page');
    let browser: PageBrowser | undefined;
    let site: Awaited<ReturnType<typeof viewed>> | undefined;
    let tab: Tab | undefined;
    const open = async (url = site?.url ?? ''): Promise<Tab> => {
      if (browser === undefined) throw new Error('no browser');
      return browser.open(url);
    };
    beforeAll(async () => {
      if (lack !== undefined) return;
      site = await viewed(...paths);
      browser = await startBrowser(name);
      tab = await open();
    }, 300_000);
    beforeEach(({ skip }) => skip(lack !== undefined, lack));
    afterEach(async () => {
      if (lack === undefined) expect(await tab?.wrong()).toEqual([]);
    });
    afterAll(async () => {
      await browser?.close();
      site?.close();
    });
    define({
      ...{ name, lack, open },
      get tab() {
        if (tab === undefined) throw new Error('no tab');
        return tab;
      },
      written(file, bytes) {
        const path = join(folder, file);
        writeFileSync(path, bytes);
        return path;
      },
    });
  });
}
