// The files of the server that the page is from, if `aioscope view` serves it.
import type { FileBytes, PageSource } from './session.ts';

/** A file as the server lists it. */
interface ServedFile {
  readonly id: number | string;
  readonly name: string;
  readonly bytes: number;
  readonly etag: string;
  /** The trace that it is a part of. */
  readonly trace?: string;
  /** Its name in the trace. */
  readonly path?: string;
}

/** Where the API is; undefined on a static host. */
const api = (): string | undefined => document.documentElement.dataset['api'];

/** The files of the server, traces as one source each. */
export async function servedSources(): Promise<PageSource[]> {
  const base = api();
  if (base === undefined) return [];
  const response = await fetch(`${base}/files`);
  if (!response.ok) throw new Error(`the server answered ${response.status} to a list of files`);
  const all = (await response.json()) as readonly ServedFile[];
  const sources: PageSource[] = [];
  const traces = new Map<string, Record<string, FileBytes>>();
  for (const { id, name: own, bytes, etag, trace, path = own } of all) {
    const name = trace === undefined ? own : `${trace}/${path}`;
    // A worker resolves addresses against its own.
    const url = new URL(`${base}/files/${id}/bytes`, document.baseURI).href;
    const file = { name, url, byteLength: bytes, etag };
    if (trace === undefined) {
      sources.push(file);
      continue;
    }
    const files = traces.get(trace) ?? {};
    if (!traces.has(trace)) sources.push({ name: trace, files });
    traces.set(trace, files);
    files[path] = file;
  }
  return sources;
}
