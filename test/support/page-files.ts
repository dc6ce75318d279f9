// Files of raw pages with given events, and what an import of them shows.
import type { Source } from '../../src/stream/source.ts';
import type { Imported } from './importing.ts';
import { event, events, FORMATS, folderWith, HEADER_PAGE, sourcesOf } from './pages.ts';

export type Files = Readonly<Record<string, string | Uint8Array>>;

/** The files of pages per CPU, with all formats. */
export const files = (pages: readonly (readonly Buffer[])[], others: Files = {}): Source[] =>
  sourcesOf(
    folderWith({
      header_page: HEADER_PAGE,
      ...FORMATS,
      ...Object.fromEntries(pages.map((all, cpu) => [`cpu${cpu}.raw`, Buffer.concat(all)])),
      ...others,
    }),
  );

const { sub, ret } = events;

/** What tests look at: `ts pid/tid aio_data` of each record of a part. */
export function shown(bytes: Buffer, stride: number, begin: number): string[] {
  return Array.from({ length: bytes.byteLength / stride }, (_, i) => {
    const row = bytes.subarray(i * stride);
    const ts = row.readBigUInt64LE(0);
    return `${ts} ${row.readUInt32LE(16)}/${row.readUInt32LE(20)} ${row.readBigUInt64LE(begin)}`;
  });
}
export const submissions = (found: Imported): string[] => shown(found.submissions, 88, 24);
export const completions = (found: Imported): string[] => shown(found.completions, 56, 32);

/** A submission that was accepted: two events, 1 ns apart. */
export const accepted = (delta: number, tid: number, data: number, ctx = 1): Buffer[] => [
  event(delta, sub(tid, ctx, 0x1000 + data, data)),
  event(1, ret(tid, 0)),
];
