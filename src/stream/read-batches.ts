import { RecordBatch } from './batch.ts';
import type { OpenOptions } from './options.ts';
import type { Reading } from './reading.ts';

/** The records of a reading in batches, each valid until the next. Closes it at their end. */
export async function* readBatches(
  reading: Reading,
  batchSize: number,
  { owned, signal }: Pick<OpenOptions, 'owned' | 'signal'>,
): AsyncGenerator<RecordBatch, void, void> {
  const { decoder, ring } = reading;
  let step = 0;
  let { firstIndex } = reading;
  try {
    for (let records = await reading.next(); records > 0; records = await reading.next()) {
      for (let done = 0; done < records; done += batchSize) {
        const count = Math.min(batchSize, records - done);
        const length = reading.decode(done, count);
        step += 1;
        const current = step;
        const isLive = () => step === current;
        const bytes = reading.bytesOf(done, length);
        const place = { firstIndex, rows: decoder.rows, bytes, ring, isLive };
        const batch = new RecordBatch(decoder.schema, decoder.columnsOf(length), length, place);
        if (length > 0) yield owned ? batch.copy() : batch;
        signal?.throwIfAborted();
        firstIndex += count;
      }
    }
  } finally {
    step += 1;
    await reading.close();
  }
}
