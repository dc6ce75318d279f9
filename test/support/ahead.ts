// The build, whose matches use a thread for files of any size, and wait until it runs.
import type * as decodeAhead from '../../src/host/node/decode-ahead.ts';
import type * as door from '../../src/node.ts';
import type * as hosts from '../../src/stream/host.ts';
import type { AheadJob, BlocksAhead, Host, ThreadAhead } from '../../src/stream/host.ts';

// Threads are started from JavaScript, so the build is tested.
const imported = async (file: string) =>
  import(new URL(`../../dist/${file}`, import.meta.url).href);
export const built = (await imported('node.js')) as typeof door;
const { currentHost, useHost } = (await imported('stream/host.js')) as typeof hosts;
const threads = (await imported('host/node/decode-ahead.js')) as typeof decodeAhead;

/** Blocks taken from threads so far, of submissions and of completions. */
export const taken = [0, 0];

const counted = (blocks: BlocksAhead, i: number): BlocksAhead => ({
  get runs() {
    return blocks.runs;
  },
  begins: (byteOffset, fillingBytes) => blocks.begins(byteOffset, fillingBytes),
  hasNext: () => blocks.hasNext(),
  take(columns, rows) {
    taken[i] += 1;
    return blocks.take(columns, rows);
  },
});

/** Whether all sources are those that threads read. */
const areFiles = (jobs: readonly AheadJob[]): boolean =>
  jobs.every(({ opened: { bytes } }) => typeof bytes.origin === 'number');

const node = currentHost();
const any: Host = {
  ...node,
  async decodeAhead(jobs, { workers, signal }) {
    if (workers === 1 || !areFiles(jobs)) return undefined;
    const thread: ThreadAhead = threads.decodeAhead(jobs, signal);
    while (!thread.sources.every(({ runs }) => runs))
      await new Promise((resolve) => setTimeout(resolve, 1));
    return { sources: thread.sources.map(counted), end: () => thread.end() };
  },
};

/** Runs with threads for any file; afterwards they are used as ever. */
export async function withThreads<T>(run: () => Promise<T>): Promise<T> {
  taken.fill(0);
  useHost(any);
  try {
    return await run();
  } finally {
    useHost(node);
  }
}
