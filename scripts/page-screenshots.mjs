// Takes pictures of every view of the page, light and dark, wide and narrow: `page-screenshots.mjs [FOLDER [FILE…]]`.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const path = (file) => fileURLToPath(new URL(`../${file}`, import.meta.url));
const capture = (suffix) => path(`test/fixtures/captures/sysbench_fileio.${suffix}`);

const [folder = join(tmpdir(), 'aioscope-page'), ...given] = process.argv.slice(2);
const files = given.length > 0 ? given : [capture('iocb88'), capture('ioev56')];
const VIEWS = ['overview', 'time', 'requests', 'records', 'latency', 'race'];
const WIDTHS = [1280, 390];
const THEMES = ['light', 'dark'];
const CHROMIUM = process.env.AIOSCOPE_CHROMIUM ?? '/usr/bin/chromium';

if (!existsSync(CHROMIUM))
  throw new Error(`${CHROMIUM} is not there: install chromium, or set AIOSCOPE_CHROMIUM`);
const { chromium } = createRequire(path('test/peers/package.json'))('playwright-core');

/** Serves files; resolves to the address. */
function view() {
  const server = spawn(process.execPath, [path('dist/cli/main.js'), 'view', ...files]);
  return new Promise((resolve, reject) => {
    let said = '';
    server.stdout.on('data', (text) => {
      said += text;
      const url = /http:\S+/.exec(said)?.[0];
      if (url !== undefined) resolve({ server, url });
    });
    server.stderr.on('data', (text) => reject(new Error(`${text}`)));
  });
}

mkdirSync(folder, { recursive: true });
const { server, url } = await view();
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
try {
  for (const width of WIDTHS)
    for (const theme of THEMES) {
      const page = await browser.newPage({ viewport: { width, height: width > 600 ? 860 : 800 } });
      await page.goto(`${url}#theme=${theme}`);
      await page.waitForFunction(() => globalThis.aioscope?.session().isDone);
      for (const [i, name] of VIEWS.entries()) {
        await page.keyboard.press(`${i + 1}`);
        await page.waitForSelector(`[data-view="${name}"]`);
        if (name === 'race') {
          await page.getByRole('button', { name: 'Start' }).click();
          await page.getByRole('button', { name: 'Race again' }).waitFor({ timeout: 60_000 });
        }
        // Charts are drawn, and rows filled in, in the next frames.
        await page.waitForTimeout(400);
        await page.screenshot({ path: join(folder, `${name}-${theme}-${width}.png`) });
      }
      await page.close();
    }
} finally {
  await browser.close();
  server.kill();
}
console.log(folder);
