/**
 * Records as Apache Arrow: `aioscope/arrow`. Columns go out as they lie in memory; nothing but this package is needed.
 *
 * @module
 */
import type { RecordBatch } from '../stream/batch.ts';
import { type BatchStream, coalesce } from '../stream/coalesce.ts';
import { bytesOf, chunksOf, END_OF_STREAM, NO_NULLS, textBody } from './arrow/buffers.ts';
import {
  type Block,
  batchMessage,
  type ColumnBody,
  dictionaryMessage,
  footer,
  type Message,
  padded,
  schemaMessage,
} from './arrow/message.ts';
import { type Table, type TableColumn, type TableOptions, tableOf } from './table.ts';

export type { TableOptions } from './table.ts';

/** How records are written as Arrow. */
export interface ArrowOptions extends TableOptions {
  /**
   * Give views of the reader's memory, without a copy: each is valid until the next is asked for, so whoever takes them
   * must have written one before. Otherwise every chunk owns its bytes.
   */
  readonly views?: boolean | undefined;
}

/** Shorter batches of a reader, such as those of a selection, are put together to a megabyte of io_events. */
const ROWS_LEAST = 2 ** 12;
const ROWS_MOST = 2 ** 15;

const MAGIC = new TextEncoder().encode('ARROW1');

/** Places in a list of words, and which of them are there. */
function wordsBody(places: Int16Array): ColumnBody {
  const valid = new Uint8Array(Math.ceil(places.length / 8));
  let nulls = 0;
  for (let i = 0; i < places.length; i++) {
    if (places[i] >= 0) valid[i >> 3] |= 1 << (i & 7);
    else {
      places[i] = 0;
      nulls += 1;
    }
  }
  return { nulls, buffers: [nulls === 0 ? NO_NULLS : valid, bytesOf(places)] };
}

function columnBody(column: TableColumn, batch: RecordBatch): ColumnBody {
  if (column.type === 'text') return textBody(batch.length, column.text(batch));
  if (column.type === 'words') return wordsBody(column.places(batch));
  return { nulls: 0, buffers: [NO_NULLS, bytesOf(column.values(batch))] };
}

/** The messages after the schema: the words of every column that has some, then the batches. */
async function* messages(
  table: Table,
  stream: BatchStream,
): AsyncGenerator<readonly ['words' | 'batch', Message], void, void> {
  for (const [id, column] of table.columns.entries()) {
    if (column.type !== 'words') continue;
    const { words } = column;
    yield [
      'words',
      dictionaryMessage(
        id,
        words.length,
        textBody(words.length, (i) => words[i]),
      ),
    ];
  }
  // Batches of numbers that have the same length differ in nothing but their bodies.
  const isFixed = table.columns.every(({ type }) => type !== 'text' && type !== 'words');
  let last: { readonly rows: number; readonly message: Message } | undefined;
  for await (const batch of coalesce(stream, ROWS_LEAST, ROWS_MOST)) {
    const columns = table.columns.map((column) => columnBody(column, batch));
    const known = isFixed && last?.rows === batch.length ? last.message : undefined;
    const message = known
      ? { ...known, body: columns.flatMap(({ buffers }) => buffers) }
      : batchMessage(batch.length, columns);
    last = { rows: batch.length, message };
    yield ['batch', message];
  }
}

/**
 * Records in Arrow's IPC stream format, chunk by chunk; memory is bounded by one record batch. Every type is the column's own;
 * `charN` is utf8 up to its first NUL, a ring has `slot` and `state` besides; the schema's metadata says kind, layout,
 * endian and version. Without `names` and text, what is written is what lies in the reader's memory.
 *
 * @throws AioscopeError at once `AIOSCOPE_COLUMN` for a column that does not exist; while iterating as the reader does, and
 *   `AIOSCOPE_RANGE` for a `ts` that is no timestamp
 */
export function arrowStream(
  batches: BatchStream,
  options: ArrowOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  const table = tableOf(batches.schema, options);
  const { views = false } = options;
  return (async function* () {
    yield schemaMessage(table);
    for await (const [, message] of messages(table, batches)) yield* chunksOf(message, views);
    yield END_OF_STREAM;
  })();
}

/**
 * Records as an Arrow file (Feather version 2), which readers can map and seek in: what `arrowStream` gives, with a list of
 * the batches behind it. That list grows by 24 bytes a batch.
 *
 * @throws as `arrowStream` does
 */
export function arrowFile(
  batches: BatchStream,
  options: ArrowOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  const table = tableOf(batches.schema, options);
  const { views = false } = options;
  return (async function* () {
    const blocks: Record<'words' | 'batch', Block[]> = { words: [], batch: [] };
    const begin = new Uint8Array(padded(MAGIC.byteLength));
    begin.set(MAGIC);
    yield begin;
    const schema = schemaMessage(table);
    yield schema;
    let offset = begin.byteLength + schema.byteLength;
    for await (const [sort, message] of messages(table, batches)) {
      blocks[sort].push({
        offset,
        headBytes: message.head.byteLength,
        bodyBytes: message.bodyBytes,
      });
      offset += message.head.byteLength + message.bodyBytes;
      yield* chunksOf(message, views);
    }
    yield END_OF_STREAM;
    const list = footer(table, blocks.words, blocks.batch);
    const end = new Uint8Array(list.byteLength + 4 + MAGIC.byteLength);
    end.set(list);
    new DataView(end.buffer).setInt32(list.byteLength, list.byteLength, true);
    end.set(MAGIC, list.byteLength + 4);
    yield end;
  })();
}
