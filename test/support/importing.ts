import { type ImportOptions, importLog, type TraceManifest } from '../../src/import-node.ts';
import type { Source } from '../../src/stream/source.ts';

/** The parts of a trace as bytes. */
export interface Imported {
  readonly manifest: TraceManifest;
  readonly submissions: Buffer;
  readonly completions: Buffer;
  readonly refused: Buffer;
  readonly calls: Buffer;
  /** The numbers of the lines that could not be parsed. */
  readonly unparsed: number[];
  /** What the import threw after all of this; undefined if it did not. */
  readonly error: unknown;
}

/** Lines as the bytes of a log. */
export const text = (lines: string | readonly string[]): Uint8Array =>
  new TextEncoder().encode([lines].flat().join('\n'));

/** Imports sources to their end, or until they fail. */
export async function importedUntil(
  source: Source | readonly Source[],
  options: ImportOptions = {},
): Promise<Imported> {
  const unparsed: number[] = [];
  const log = importLog(source, {
    ...options,
    onUnparsed: ({ number }) => unparsed.push(number),
  });
  const parts: Record<string, Uint8Array[]> = {};
  let error: unknown;
  try {
    for await (const { part, bytes } of log.chunks()) {
      parts[part] ??= [];
      parts[part].push(bytes);
    }
  } catch (thrown) {
    error = thrown;
  }
  const whole = (part: string) => Buffer.concat(parts[part] ?? []);
  return {
    get manifest() {
      return log.manifest;
    },
    submissions: whole('submissions'),
    completions: whole('completions'),
    refused: whole('refused'),
    calls: whole('calls'),
    unparsed,
    error,
  };
}

/** Imports sources that do not fail. */
export async function imported(
  source: Source | readonly Source[],
  options: ImportOptions = {},
): Promise<Imported> {
  const all = await importedUntil(source, options);
  if (all.error !== undefined) throw all.error;
  return all;
}
