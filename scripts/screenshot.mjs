// Makes docs/report.png: the beginning of an HTML report of two captures, as Chromium shows it.
// `npm run build && node scripts/screenshot.mjs`. Chromium is that of test/peers, or AIOSCOPE_CHROMIUM.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const captures = ['sysbench_fileio.iocb88', 'sysbench_fileio.ioev56'];
const SIZE = { width: 1000, height: 1080 };

/** The tests start Chromium; what they use is TypeScript, which Node 20 cannot import. */
async function importTypeScript(input, file) {
  const bundle = await rolldown({ input, platform: 'node' });
  await bundle.write({ file });
  await bundle.close();
  return import(pathToFileURL(file).href);
}

const folder = mkdtempSync(join(tmpdir(), 'aioscope-screenshot-'));
try {
  const html = join(folder, 'report.html');
  const files = captures.map((name) => `test/fixtures/captures/${name}`);
  execFileSync(
    process.execPath,
    ['dist/cli/main.js', 'report', '--section', 'latency,time,offsets', '--html', html, ...files],
    {
      cwd: root,
      stdio: 'inherit',
    },
  );
  // In test/support, since the file finds test/peers by its own place.
  const support = join(root, 'test/support');
  const compiled = join(support, `chromium-${process.pid}.mjs`);
  const { launchChromium } = await importTypeScript(join(support, 'chromium.ts'), compiled).finally(
    () => rmSync(compiled, { force: true }),
  );
  const browser = await launchChromium();
  const page = await browser.newPage({ viewport: SIZE });
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto(pathToFileURL(html).href);
  await page.screenshot({ path: join(root, 'docs/report.png') });
  await browser.close();
} finally {
  rmSync(folder, { recursive: true });
}
