// Chromium and Firefox of Debian behind one interface, for tests of the page.
import { existsSync } from 'node:fs';
import { clickOn } from './aim.ts';
import { launchChromium } from './chromium.ts';
import { installPeers } from './peers.ts';

const CHROMIUM = process.env.AIOSCOPE_CHROMIUM || '/usr/bin/chromium';
const FIREFOX = process.env.AIOSCOPE_FIREFOX || '/usr/bin/firefox-esr';

type Point = readonly [x: number, y: number];

/** A tab with one page. */
export interface Tab {
  /** Errors of the page and its workers, messages on the console, refusals of its policy. */
  wrong(): Promise<readonly string[]>;
  goto(url: string): Promise<void>;
  reload(): Promise<void>;
  /** The value of an expression, which has to be JSON. */
  evaluate<T>(expression: string): Promise<T>;
  /** Waits until an expression is true. Returns its value. */
  until<T>(expression: string, withinMs?: number): Promise<T>;
  /** Chooses files in the `input` of this figure. */
  choose(paths: readonly string[], figure?: string): Promise<void>;
  /** Presses keys one after another; `Shift+Home` is one with a modifier. */
  press(...keys: readonly string[]): Promise<void>;
  type(text: string): Promise<void>;
  /** Clicks an element once it rests. */
  click(selector: string): Promise<void>;
  drag(from: Point, to: Point): Promise<void>;
  wheel(at: Point, deltaY: number): Promise<void>;
  resize(width: number, height: number): Promise<void>;
  screenshot(path: string): Promise<void>;
  /** Ends workers of this name as the browser does, without an event. */
  killWorkers(name: string): Promise<void>;
  close(): Promise<void>;
}

/** A browser that runs. */
export interface PageBrowser {
  readonly name: BrowserName;
  open(url: string, width?: number, height?: number): Promise<Tab>;
  close(): Promise<void>;
}

interface Mouse {
  move(x: number, y: number, options?: { steps: number }): Promise<void>;
  down(): Promise<void>;
  up(): Promise<void>;
  click(x: number, y: number): Promise<void>;
}
interface Keyboard {
  press(key: string): Promise<void>;
  down(key: string): Promise<void>;
  up(key: string): Promise<void>;
  type(text: string): Promise<void>;
}
/** What playwright-core and puppeteer-core share. */
interface AnyPage {
  readonly mouse: Mouse;
  readonly keyboard: Keyboard;
  goto(url: string): Promise<unknown>;
  reload(): Promise<unknown>;
  evaluate(script: string): Promise<unknown>;
  on(event: string, listener: (event: Said) => void): void;
  screenshot(options: { path: string }): Promise<unknown>;
  close(): Promise<void>;
}
interface Said {
  readonly message: string;
  type(): string;
  text(): string;
}
interface PlaywrightPage extends AnyPage {
  readonly mouse: Mouse & { wheel(x: number, y: number): Promise<void> };
  addInitScript(script: string): Promise<void>;
  setInputFiles(selector: string, paths: readonly string[]): Promise<void>;
  workers(): readonly { evaluate(script: string): Promise<unknown> }[];
  setViewportSize(size: { width: number; height: number }): Promise<void>;
}
interface PuppeteerPage extends AnyPage {
  readonly mouse: Mouse & { wheel(turn: { deltaY: number }): Promise<void> };
  evaluateOnNewDocument(script: string): Promise<unknown>;
  $(selector: string): Promise<{ uploadFile(...paths: readonly string[]): Promise<void> } | null>;
  setViewport(size: { width: number; height: number }): Promise<void>;
}
interface Puppeteer {
  launch(options: object): Promise<{ newPage(): Promise<PuppeteerPage>; close(): Promise<void> }>;
}

/** Keeps what the policy of the page has refused, which no browser tells in the same way. */
const KEEP_REFUSALS = `
  globalThis.refusals = [];
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
    globalThis.refusals.push('refused: ' + violatedDirective + ' ' + blockedURI));`;

/** How often a condition is tried. */
const TRY_MS = 20;

interface Driver {
  readonly page: AnyPage;
  choose(selector: string, paths: readonly string[]): Promise<void>;
  wheel(deltaY: number): Promise<void>;
  resize(width: number, height: number): Promise<void>;
  killWorkers(name: string): Promise<void>;
}

async function until<T>(page: AnyPage, expression: string, withinMs: number): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const value = await page.evaluate(expression);
    if (value) return value as T;
    if (Date.now() > end) throw new Error(`still not true: ${expression}`);
    await new Promise((resolve) => setTimeout(resolve, TRY_MS));
  }
}

async function pressOne({ keyboard }: AnyPage, keys: string): Promise<void> {
  const parts = keys === '+' ? [keys] : keys.split('+');
  const [key, ...held] = parts.reverse();
  for (const each of held) await keyboard.down(each);
  await keyboard.press(key);
  for (const each of held) await keyboard.up(each);
}

function tabOf({ page, choose, wheel, resize, killWorkers }: Driver): Tab {
  const said: string[] = [];
  page.on('pageerror', ({ message }) => said.push(message));
  page.on('console', (event) => {
    if (event.type() !== 'log') said.push(`${event.type()}: ${event.text()}`);
  });
  const { mouse, keyboard } = page;
  const evaluate = async <T>(expression: string) => (await page.evaluate(expression)) as T;
  return {
    wrong: async () => [...said, ...(await evaluate<string[]>('globalThis.refusals'))],
    goto: async (url) => void (await page.goto(url)),
    reload: async () => void (await page.reload()),
    evaluate,
    until: (expression, withinMs = 20_000) => until(page, expression, withinMs),
    choose: (paths, figure = 'choose-files') => choose(`[data-figure="${figure}"]`, paths),
    press: async (...keys) => {
      for (const each of keys) await pressOne(page, each);
    },
    type: (text) => keyboard.type(text),
    click: (selector) => clickOn({ evaluate, press: (x, y) => mouse.click(x, y) }, selector),
    drag: async (from, to) => {
      await mouse.move(...from);
      await mouse.down();
      await mouse.move(...to, { steps: 4 });
      await mouse.up();
    },
    wheel: async (at, deltaY) => {
      await mouse.move(...at);
      await wheel(deltaY);
    },
    resize,
    killWorkers,
    screenshot: async (path) => void (await page.screenshot({ path })),
    close: () => page.close(),
  };
}

async function startChromium(): Promise<PageBrowser> {
  const browser = await launchChromium(existsSync(CHROMIUM) ? CHROMIUM : undefined);
  return {
    name: 'chromium',
    close: () => browser.close(),
    open: async (url, width = 1280, height = 900) => {
      const viewport = { width, height };
      const page = (await browser.newPage({ viewport })) as unknown as PlaywrightPage;
      await page.addInitScript(KEEP_REFUSALS);
      const tab = tabOf({
        page,
        choose: (selector, paths) => page.setInputFiles(selector, paths),
        wheel: (deltaY) => page.mouse.wheel(0, deltaY),
        resize: (w, h) => page.setViewportSize({ width: w, height: h }),
        killWorkers: async (of) => {
          for (const worker of page.workers())
            await worker.evaluate(`name === ${JSON.stringify(of)} && close()`).catch(() => {});
        },
      });
      await tab.goto(url);
      return tab;
    },
  };
}

async function startFirefox(): Promise<PageBrowser> {
  const puppeteer = installPeers()('puppeteer-core') as Puppeteer;
  const browser = await puppeteer.launch({
    browser: 'firefox',
    protocol: 'webDriverBiDi',
    executablePath: FIREFOX,
    headless: true,
  });
  return {
    name: 'firefox',
    close: () => browser.close(),
    open: async (url, width = 1280, height = 900) => {
      const page = await browser.newPage();
      await page.setViewport({ width, height });
      await page.evaluateOnNewDocument(KEEP_REFUSALS);
      const tab = tabOf({
        page,
        choose: async (selector, paths) => {
          await (await page.$(selector))?.uploadFile(...paths);
        },
        wheel: (deltaY) => page.mouse.wheel({ deltaY }),
        resize: (w, h) => page.setViewport({ width: w, height: h }),
        killWorkers: () => Promise.reject(new Error('not supported')),
      });
      await tab.goto(url);
      return tab;
    },
  };
}

export type BrowserName = 'chromium' | 'firefox';

/** Why a browser is not tested; undefined if it is. */
export const lackOf = (name: BrowserName): string | undefined =>
  name === 'chromium' || existsSync(FIREFOX)
    ? undefined
    : `${FIREFOX} is not installed; AIOSCOPE_FIREFOX=/path/to/firefox names another one`;

/** Starts a browser. */
export const startBrowser = (name: BrowserName): Promise<PageBrowser> =>
  name === 'chromium' ? startChromium() : startFirefox();
