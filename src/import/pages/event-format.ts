// Parses what the kernel says of its pages and events: `header_page` and the `format` files.
import { AioscopeError, listed } from '../../errors.ts';

/** A field of an event, as its format describes it. */
export interface EventField {
  readonly name: string;
  /** In bytes, from the beginning of the event's payload. */
  readonly offset: number;
  readonly byteLength: number;
}

/** An event, as its `format` file describes it. */
export interface EventFormat {
  /** The file, for messages. */
  readonly file: string;
  readonly name: string;
  /** What an event of this kind begins with. */
  readonly id: number;
  /** In the order of the file. */
  readonly fields: readonly EventField[];
  /** The end of its last field. */
  readonly byteLength: number;
}

/**
 * The name of an event without the numbers that a capture appends to it, so that no other probe
 * has the same name.
 */
export const baseName = (name: string): string => name.replace(/(?:_\d+)+$/, '');

const FIELD = /^\s*field:.*?(\w+)(?:\[[^\]]*\])?;\s*offset:(\d+);\s*size:(\d+);/gm;

const fieldsOf = (text: string): EventField[] =>
  [...text.matchAll(FIELD)].map(([, name, offset, size]) => ({
    name,
    offset: Number(offset),
    byteLength: Number(size),
  }));

/**
 * Parses the `format` file of an event.
 *
 * @throws AioscopeError `AIOSCOPE_SOURCE` if it has no name, no ID, or no fields
 */
export function parseEventFormat(text: string, file: string): EventFormat {
  const name = /^name:\s*(\S+)/m.exec(text)?.[1];
  const id = /^ID:\s*(\d+)/m.exec(text)?.[1];
  const fields = fieldsOf(text);
  if (name !== undefined && id !== undefined && fields.length > 0) {
    const byteLength = Math.max(...fields.map((field) => field.offset + field.byteLength));
    return { file, name, id: Number(id), fields, byteLength };
  }
  throw new AioscopeError(
    'AIOSCOPE_SOURCE',
    `${file}: not the format of an event: it must have a name, an ID and fields, as ` +
      'events/…/format of tracefs has them',
  );
}

/**
 * The offset of a field of one of these sizes, in bytes.
 *
 * @throws AioscopeError `AIOSCOPE_SOURCE` if the event has no such field
 */
export function offsetOf({ fields, file }: EventFormat, name: string, sizes: number[]): number {
  const field = fields.find((each) => each.name === name && sizes.includes(each.byteLength));
  if (field !== undefined) return field.offset;
  const found = listed(fields.map((each) => `${each.name} (${each.byteLength})`));
  throw new AioscopeError(
    'AIOSCOPE_SOURCE',
    `${file}: the event has no field '${name}' of ${sizes.join(' or ')} bytes; it has ${found}`,
  );
}

/** Where the parts of a page are, in bytes. */
export interface PageLayout {
  /** Of the time of the page, a u64. */
  readonly timestamp: number;
  /** Of the number of bytes of data, and its size: 8, or 4 on 32-bit machines. */
  readonly commit: number;
  readonly commitBytes: number;
  readonly data: number;
  /** Of a whole page. */
  readonly byteLength: number;
}

/** Twenty bits count the bytes of data. */
const PAGE_BYTES_MAX = 2 ** 20;

/**
 * Parses `events/header_page`.
 *
 * @throws AioscopeError `AIOSCOPE_SOURCE` if it does not describe pages
 */
export function parseHeaderPage(text: string, file: string): PageLayout {
  const fields = new Map(fieldsOf(text).map((field) => [field.name, field]));
  const [timestamp, commit, data] = ['timestamp', 'commit', 'data'].map((name) => fields.get(name));
  const byteLength = (data?.offset ?? 0) + (data?.byteLength ?? 0);
  if (
    timestamp?.byteLength === 8 &&
    (commit?.byteLength === 8 || commit?.byteLength === 4) &&
    data !== undefined &&
    data.offset >= commit.offset + commit.byteLength &&
    data.offset >= timestamp.offset + 8 &&
    data.byteLength > 0 &&
    byteLength <= PAGE_BYTES_MAX
  )
    return {
      timestamp: timestamp.offset,
      commit: commit.offset,
      commitBytes: commit.byteLength,
      data: data.offset,
      byteLength,
    };
  throw new AioscopeError(
    'AIOSCOPE_SOURCE',
    `${file}: it does not say where timestamp, commit and data of a page are; it must be ` +
      'events/header_page of tracefs',
  );
}
