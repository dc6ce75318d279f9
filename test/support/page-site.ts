// The built page as `aioscope view` serves it, and what it says of itself.
import { spawn } from 'node:child_process';
import type { Tab } from './browsers.ts';
import { environment, main } from './cli.ts';

/** What `globalThis.aioscope.session()` returns, once it has been JSON: bigint is text. */
export interface PageState {
  readonly files: readonly {
    name: string;
    kind: string;
    records?: number;
    [key: string]: unknown;
  }[];
  // biome-ignore lint/suspicious/noExplicitAny: tests compare it as a whole
  readonly result: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly shown: any;
  readonly range: { unit: string; from: string; to: string } | null;
  readonly isDone: boolean;
  readonly fault: { code?: string; message: string } | null;
  readonly view: string;
  readonly place: { file: number; index: number };
}

/** Serves the page and files by the built command. */
export async function viewed(
  ...paths: readonly string[]
): Promise<{ readonly url: string; said(): string; close(): void }> {
  const child = spawn(process.execPath, [main, 'view', ...paths], {
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const url = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        said += text;
        const [found] = /http:\S+/.exec(said) ?? [];
        if (found !== undefined) resolve(found);
      });
    child.on('close', () => reject(new Error(said)));
  });
  return { url, said: () => said, close: () => void child.kill('SIGKILL') };
}

const STATE = `JSON.stringify(aioscope.session(), (key, value) =>
  typeof value === 'bigint' ? String(value) : value)`;

export const stateOf = async (tab: Tab): Promise<PageState> =>
  JSON.parse(await tab.evaluate<string>(STATE));

/** True once all is read, or could not be. */
export const SETTLED = `globalThis.aioscope !== undefined &&
  (aioscope.session().isDone || aioscope.session().fault !== null)`;

/** Chooses files, and waits until they are read. */
export async function chosen(
  tab: Tab,
  paths: readonly string[],
  figure?: string,
): Promise<PageState> {
  await tab.evaluate('void (globalThis.before = aioscope.session())');
  await tab.choose(paths, figure);
  await tab.until(`(({ result, fault, isDone }) =>
    (isDone && result !== before.result) || (fault !== null && fault !== before.fault)
  )(aioscope.session())`);
  return stateOf(tab);
}

/** The text of a figure. */
export const textOf = (tab: Tab, figure: string): Promise<string> =>
  tab.evaluate(`document.querySelector('[data-figure="${figure}"]')?.innerText ?? ''`);
