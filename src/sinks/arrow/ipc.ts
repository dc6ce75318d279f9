import type { RecordKind } from '../../abi/record.ts';
import type { FieldTypes } from '../../layout/layout-type.ts';
import { checkOptions } from '../../layout/option-names.ts';
import type { RecordBatch } from '../../stream/batch.ts';
import type { ColumnName } from '../../stream/batch-type.ts';
import { type BatchStream, coalesce } from '../../stream/coalesce.ts';
import {
  schemaOf,
  TABLE_NAMES,
  type Table,
  type TableColumn,
  type TableOptions,
  tableOf,
} from '../table.ts';
import {
  bytesOf,
  chunksOf,
  END_OF_STREAM,
  NO_NULLS,
  nullableTextBuffers,
  textBuffers,
} from './buffers.ts';
import {
  type Block,
  batchMessage,
  type ColumnBuffers,
  dictionaryMessage,
  footer,
  type Message,
  padded,
  schemaMessage,
} from './message.ts';

/** Options of `arrowStream` and `arrowFile`. */
export interface ArrowOptions<C extends string = string> extends TableOptions<C> {
  /**
   * Yield views of the reader's memory instead of copies. Each is valid until the next is
   * requested, so write it first. Otherwise every chunk owns its bytes.
   */
  readonly views?: boolean | undefined;
}

/**
 * Shorter batches, such as those of a selection, are coalesced to at most ROWS_MOST rows: 1 MiB of
 * io_events.
 */
const ROWS_LEAST = 2 ** 12;
const ROWS_MOST = 2 ** 15;

const MAGIC = new TextEncoder().encode('ARROW1');

/** The buffers of a column of dictionary indexes; negative ones are null. */
function indexBuffers(places: Int16Array): ColumnBuffers {
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

function columnBuffers(column: TableColumn, batch: RecordBatch): ColumnBuffers {
  if (column.type === 'text') {
    const text = column.text(batch);
    return column.nullable
      ? nullableTextBuffers(batch.length, text)
      : textBuffers(batch.length, (i) => text(i) ?? '');
  }
  if (column.type === 'words') return indexBuffers(column.places(batch));
  const values = bytesOf(column.values(batch));
  const isNull = column.nulls?.(batch);
  if (isNull === undefined) return { nulls: 0, buffers: [NO_NULLS, values] };
  const valid = new Uint8Array(Math.ceil(batch.length / 8));
  let nulls = 0;
  for (let i = 0; i < batch.length; i++) {
    if (isNull(i)) nulls += 1;
    else valid[i >> 3] |= 1 << (i & 7);
  }
  return { nulls, buffers: [nulls === 0 ? NO_NULLS : valid, values] };
}

/** Yields the messages after the schema: the dictionaries, then the batches. */
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
        textBuffers(words.length, (i) => words[i]),
      ),
    ];
  }
  // Messages of batches without variable-length columns depend only on the number of rows.
  const isFixed = table.columns.every(({ type }) => type !== 'text' && type !== 'words');
  let last: { readonly rows: number; readonly message: Message } | undefined;
  for await (const batch of coalesce(stream, ROWS_LEAST, ROWS_MOST)) {
    const columns = table.columns.map((column) => columnBuffers(column, batch));
    const known = isFixed && last?.rows === batch.length ? last.message : undefined;
    const message = known
      ? { ...known, body: columns.flatMap(({ buffers }) => buffers) }
      : batchMessage(batch.length, columns);
    last = { rows: batch.length, message };
    yield ['batch', message];
  }
}

/**
 * Yields records in Arrow's IPC stream format, in chunks. Memory is bounded by one record batch.
 * Columns keep their types; `charN` is utf8 up to its first NUL; a ring also has `slot` and
 * `state`. The schema's metadata has kind, layout, endian and version. Without `names` and text,
 * columns are written from the reader's memory.
 *
 * @throws AioscopeError on the call: `AIOSCOPE_COLUMN` for a column that does not exist; while
 *   iterating: as the reader does, and `AIOSCOPE_RANGE` for a `ts` beyond the range of timestamps
 */
export function arrowStream<R extends RecordKind, F extends FieldTypes, N extends string>(
  batches: BatchStream<R, F>,
  options: ArrowOptions<ColumnName<R, F, N>> = {},
): AsyncGenerator<Uint8Array, void, void> {
  checkOptions('arrowStream', options, [TABLE_NAMES, 'views:boolean']);
  const table = tableOf(schemaOf('arrowStream', batches), options);
  const { views = false } = options;
  return (async function* () {
    yield schemaMessage(table);
    for await (const [, message] of messages(table, batches)) yield* chunksOf(message, views);
    yield END_OF_STREAM;
  })();
}

/**
 * Yields records as an Arrow file (Feather version 2), which supports mapping and seeking: the
 * messages of `arrowStream`, followed by a list of the batches, which takes 24 bytes per batch in
 * memory.
 *
 * @throws as `arrowStream` does
 */
export function arrowFile<R extends RecordKind, F extends FieldTypes, N extends string>(
  batches: BatchStream<R, F>,
  options: ArrowOptions<ColumnName<R, F, N>> = {},
): AsyncGenerator<Uint8Array, void, void> {
  checkOptions('arrowFile', options, [TABLE_NAMES, 'views:boolean']);
  const table = tableOf(schemaOf('arrowFile', batches), options);
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
