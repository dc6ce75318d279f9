// A headless Chromium from test/peers, which is installed when a test first needs it.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { installPeers, MODULES, PEERS, wordsOf } from './peers.ts';

const UNPACKED = `${MODULES}/.chromium`;

/** The part of playwright-core that the tests use: its types are absent when types are checked. */
export interface Page {
  goto(url: string): Promise<unknown>;
  evaluate(script: string): Promise<unknown>;
  setInputFiles(selector: string, path: string): Promise<void>;
  selectOption(selector: string, value: string): Promise<unknown>;
  textContent(selector: string): Promise<string | null>;
  waitForSelector(selector: string): Promise<unknown>;
  route(
    url: string,
    handler: (route: { fulfill(response: object): Promise<void> }) => void,
  ): Promise<void>;
  workers(): unknown[];
  on(
    event: 'pageerror' | 'console',
    listener: (event: { message: string } & { text(): string }) => void,
  ): void;
  setViewportSize(size: { width: number; height: number }): Promise<void>;
  screenshot(options: { path: string }): Promise<unknown>;
  emulateMedia(options: { colorScheme: 'light' | 'dark' }): Promise<void>;
  close(): Promise<void>;
}
type Viewport = { viewport: { width: number; height: number } };
export interface Browser {
  version(): string;
  newPage(options?: Viewport): Promise<Page>;
  /** Pages of one context share what they have loaded. */
  newContext(options?: Viewport): Promise<{ newPage(): Promise<Page> }>;
  newBrowserCDPSession(): Promise<{
    send(method: string): Promise<{ processInfo: { id: number }[] }>;
  }>;
  close(): Promise<void>;
}
interface Playwright {
  readonly chromium: { launch(options: object): Promise<Browser> };
}

function unpackChromium(): void {
  if (existsSync(UNPACKED)) return;
  // It unpacks itself into TMPDIR and trusts whatever an earlier run left there, so it gets a new
  // folder, renamed once it is complete. If it believes to run on AWS it unpacks NSS as well, which
  // bare machines lack.
  const folder = mkdtempSync(`${MODULES}/.chromium-`);
  const script =
    "import('@sparticuz/chromium').then(({ default: chromium }) => chromium.executablePath())";
  const env = { ...process.env, TMPDIR: folder, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' };
  execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: PEERS,
    env,
    encoding: 'utf8',
    stdio: 'pipe',
  });
  // Its own configuration names folders of AWS.
  const fonts = `<fontconfig><dir>${UNPACKED}/fonts</dir><cachedir>${UNPACKED}/fonts-cache</cachedir></fontconfig>`;
  writeFileSync(`${folder}/fonts.conf`, fonts);
  renameSync(folder, UNPACKED);
}

/**
 * Starts Chromium: the one of test/peers, or the one that AIOSCOPE_CHROMIUM or the caller names.
 *
 * @throws an error with the reason if it cannot be installed or started
 */
export async function launchChromium(system = process.env.AIOSCOPE_CHROMIUM): Promise<Browser> {
  const peers = installPeers();
  try {
    if (!system) unpackChromium();
  } catch (error) {
    throw new Error(
      `Chromium for the browser tests could not be unpacked in test/peers: ${wordsOf(error)}`,
    );
  }
  const { chromium } = peers('playwright-core') as Playwright;
  const libraries = [`${UNPACKED}/al2023/lib`, process.env.LD_LIBRARY_PATH]
    .filter(Boolean)
    .join(':');
  const env = system
    ? process.env
    : { ...process.env, LD_LIBRARY_PATH: libraries, FONTCONFIG_FILE: `${UNPACKED}/fonts.conf` };
  try {
    return await chromium.launch({
      executablePath: system || `${UNPACKED}/chromium`,
      args: ['--no-sandbox'],
      env,
    });
  } catch (error) {
    const other = 'AIOSCOPE_CHROMIUM=/path/to/chromium runs the tests in another one';
    throw new Error(
      `Chromium for the browser tests could not be started; ${other}: ${wordsOf(error)}`,
    );
  }
}
