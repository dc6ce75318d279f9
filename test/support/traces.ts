// Traces for tests: made of logs, in a folder that is removed at the end.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importLog } from '../../src/import-node.ts';
import type { Source } from '../../src/node.ts';
import { openTrace, packTrace } from '../../src/trace-node.ts';
import { aioscope, fixture } from './cli.ts';

/** A folder for traces, and its removal. */
export function traceFolder(): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'aioscope-trace-'));
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}

/** Writes a trace of logs. Returns its path. */
export async function writeTrace(path: string, logs: Source | readonly Source[]): Promise<string> {
  const files = new Map<string, Uint8Array[]>();
  const log = importLog(logs);
  for await (const { file, bytes } of log.chunks())
    files.set(file, [...(files.get(file) ?? []), bytes.slice()]);
  mkdirSync(path);
  for (const [file, chunks] of files) writeFileSync(join(path, file), Buffer.concat(chunks));
  writeFileSync(join(path, 'capture.json'), JSON.stringify(log.manifest));
  return path;
}

/** A trace of a fixture without envelope fields that are missing: of its records as rows. */
export async function traceOfRows(path: string, name: string): Promise<string> {
  const rows = ['iocb88', 'ioev56'].map((end) => {
    const args = ['export', '--format', 'ndjson', '--layout', 'traced', fixture(`${name}.${end}`)];
    return new TextEncoder().encode(aioscope(args).stdout);
  });
  return writeTrace(path, rows);
}

/** Packs a trace into a file, uncompressed. */
export async function packed(trace: string, path: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of packTrace(await openTrace(trace))) chunks.push(chunk.slice());
  writeFileSync(path, Buffer.concat(chunks));
  return path;
}
