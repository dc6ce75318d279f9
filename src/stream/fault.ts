import { AioscopeError, messageOf } from '../errors.ts';

/** The error of a source that failed at `byteOffset`; an `AioscopeError` is returned unchanged. */
export function readFault(name: string, byteOffset: number, cause: unknown): AioscopeError {
  if (cause instanceof AioscopeError) return cause;
  const message =
    `${name}: reading failed at byte ${byteOffset}: ${messageOf(cause)}; ` +
    'every whole record before it was read';
  return new AioscopeError('AIOSCOPE_READ', message, { byteOffset, cause });
}

/** Waits for a read, or until the signal fires, whichever comes first. */
export async function unlessAborted<T>(
  pending: T | Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (signal === undefined || !(pending instanceof Promise)) return pending;
  if (signal.aborted) {
    // Nobody waits for this promise any more, so its rejection has no other handler.
    pending.catch(() => {});
    throw signal.reason;
  }
  let listener = () => {};
  const aborted = new Promise<never>((_, reject) => {
    listener = () => reject(signal.reason);
    signal.addEventListener('abort', listener, { once: true });
  });
  try {
    return await Promise.race([pending, aborted]);
  } finally {
    signal.removeEventListener('abort', listener);
  }
}

/** Closes a source because of an error. A fault of closing is ignored: it would hide that error. */
export async function closeQuietly(
  source: { close(): void | Promise<void> },
  signal?: AbortSignal | undefined,
): Promise<void> {
  const closing = (async () => source.close())().catch(() => {});
  // An iterator closes only after its pending step ends, which after an abort may be never.
  if (!signal?.aborted) await closing;
}

/** Returns what `use` returns for a source. If that throws, closes the source first. */
export async function orClose<S extends { close(): void | Promise<void> }, T>(
  source: S,
  use: (source: S) => T | Promise<T>,
  signal?: AbortSignal | undefined,
): Promise<T> {
  try {
    return await use(source);
  } catch (error) {
    await closeQuietly(source, signal);
    throw error;
  }
}

/** Waits for a module that reading a source needs. */
export async function loaded<T>(name: string, module: Promise<T>): Promise<T> {
  try {
    return await module;
  } catch (cause) {
    const reason = messageOf(cause);
    const advice = /^E[MN]FILE/.test(reason) ? '; raise the limit of open files (ulimit -n)' : '';
    const message = `${name}: a module of aioscope cannot be loaded: ${reason}${advice}`;
    throw new AioscopeError('AIOSCOPE_READ', message, { byteOffset: 0, cause });
  }
}
