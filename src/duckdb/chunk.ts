import type { RecordBatch } from '../stream/batch.ts';
import { CHUNK_ROWS } from './chunk-rows.ts';
import type { Bindings, Peer } from './peer.ts';
import { type SqlColumn, sqlType } from './sql-table.ts';
import { writeNames, writeNulls } from './vector.ts';

/** Writes rows `begin` to `end` of a batch, from `file`, into the vector of a column. */
type Write = (vector: object, batch: RecordBatch, begin: number, end: number, file: string) => void;

/** Scratch space for consecutive indexes, as words. */
const indexes = new Float64Array(CHUNK_ROWS);
const indexWords = new Uint32Array(2 * CHUNK_ROWS);

function writeIndex({ copy_data_to_vector }: Bindings): Write {
  return (vector, batch, begin, end) => {
    for (let i = begin; i < end; i++) indexes[i - begin] = batch.indexOf(i);
    for (let i = 0; i < end - begin; i++) {
      indexWords[2 * i] = indexes[i];
      indexWords[2 * i + 1] = indexes[i] / 2 ** 32;
    }
    copy_data_to_vector(vector, 0, indexWords.buffer, 0, 8 * (end - begin));
  };
}

/** Returns the writer of a column. Numbers are copied as a block, text value by value. */
function writerOf(column: SqlColumn, bindings: Bindings): Write {
  if ('values' in column) {
    return (vector, batch, begin, end) => {
      const { buffer, byteOffset, BYTES_PER_ELEMENT: width } = column.values(batch);
      bindings.copy_data_to_vector(
        vector,
        0,
        buffer,
        byteOffset + begin * width,
        (end - begin) * width,
      );
      const isNull = column.nulls?.(batch);
      if (isNull !== undefined) writeNulls(bindings, vector, end - begin, (i) => isNull(begin + i));
    };
  }
  if (column.name === 'index') return writeIndex(bindings);
  if ('text' in column) {
    return (vector, batch, begin, end) => {
      const text = column.text(batch);
      if (column.nullable) writeNames(bindings, vector, end - begin, (i) => text(begin + i));
      else
        for (let i = begin; i < end; i++)
          bindings.vector_assign_string_element(vector, i - begin, text(i) ?? '');
    };
  }
  if ('places' in column) {
    return (vector, batch, begin, end) => {
      const numbers = column.places(batch);
      writeNames(bindings, vector, end - begin, (i) => column.words[numbers[begin + i]] ?? null);
    };
  }
  return (vector, _batch, _begin, _end, file) =>
    bindings.vector_reference_value(vector, bindings.create_varchar(file));
}

/** Writes batches into chunks with the columns of a table. */
export class ChunkWriter {
  readonly types: readonly object[];
  readonly #bindings: Bindings;
  readonly #writers: readonly Write[];

  constructor({ api, bindings }: Peer, columns: readonly SqlColumn[]) {
    this.types = columns.map((column) =>
      bindings.create_logical_type(api.DuckDBTypeId[sqlType(column)]),
    );
    this.#bindings = bindings;
    this.#writers = columns.map((column) => writerOf(column, bindings));
  }

  /**
   * Writes rows of a batch into a chunk whose columns are given by place. A place without a column,
   * such as a row number, is skipped.
   */
  write(
    chunk: object,
    places: readonly number[],
    batch: RecordBatch,
    begin: number,
    end: number,
    file: string,
  ): void {
    const { data_chunk_set_size, data_chunk_get_vector } = this.#bindings;
    data_chunk_set_size(chunk, end - begin);
    for (let i = 0; i < places.length; i++)
      this.#writers[places[i]]?.(data_chunk_get_vector(chunk, i), batch, begin, end, file);
  }
}
