// The part of the browser tests that runs in the page. It returns JSON, for the tests to compare.
import { summarizeInWorker } from '/dist/browser.js';
import { open } from '/dist/index.js';

const CHUNK_BYTES = 2 ** 23;

async function fileOf(path) {
  return new File([await (await fetch(path)).blob()], path.split('/').at(-1));
}

/** A file of `byteLength` bytes that repeats a capture, by references to one chunk of 8 MiB. */
async function repeated(path, byteLength) {
  const bytes = new Uint8Array(await (await fetch(path)).arrayBuffer());
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (let at = 0; at < CHUNK_BYTES; at += bytes.byteLength) chunk.set(bytes, at);
  return new File(Array(byteLength / CHUNK_BYTES).fill(new Blob([chunk])), 'generated');
}

/** The outcome of a promise. */
const outcome = (promise) =>
  promise.then(
    (value) => ({ value }),
    (error) => ({
      error: {
        name: error.name,
        code: error.code,
        message: error.message,
        byteOffset: error.byteOffset,
      },
    }),
  );

export async function summarize(path, options) {
  return outcome(summarizeInWorker(await fileOf(path), options));
}

export async function summarizeGenerated(path, byteLength, options) {
  const file = await repeated(path, byteLength);
  const progress = [];
  const found = await outcome(
    summarizeInWorker(file, {
      ...options,
      onProgress: ({ bytes, totalBytes }) => progress.push([bytes, totalBytes]),
    }),
  );
  return { ...found, progress };
}

/** Aborts at the first progress of a file that would take long. */
export async function abort(path, byteLength, options) {
  const file = await repeated(path, byteLength);
  const controller = new AbortController();
  let progress = 0;
  const onProgress = ({ bytes }) => {
    progress += 1;
    if (bytes > 0) controller.abort();
  };
  const found = await outcome(
    summarizeInWorker(file, { ...options, signal: controller.signal, onProgress }),
  );
  const heard = progress;
  await new Promise((resolve) => setTimeout(resolve, 100));
  return { ...found, later: progress - heard };
}

export async function abortedBefore(path, options) {
  return outcome(
    summarizeInWorker(await fileOf(path), { ...options, signal: AbortSignal.abort() }),
  );
}

export async function throwInProgress(path, options) {
  const onProgress = () => {
    throw new RangeError('a bar broke');
  };
  return outcome(summarizeInWorker(await fileOf(path), { ...options, onProgress }));
}

export const notAFile = () => outcome(summarizeInWorker('dump.ioev', { kind: 'io_event' }));

/** Every column of every batch, read on the thread of the page. */
export async function batches(path, options) {
  const reader = open(await fileOf(path), options);
  const found = [];
  for await (const { firstIndex, length, columns } of reader) {
    const values = Object.entries(columns).map(([name, array]) => [
      name,
      array.constructor.name,
      [...array].map(String),
    ]);
    found.push({ firstIndex, length, values });
  }
  const { engine, engineReason, sourceName, quality } = reader;
  return { engine, engineReason, sourceName, quality, batches: found };
}
