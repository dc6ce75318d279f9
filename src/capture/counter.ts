// Counts what a capture has recorded so far.
import { IOEventSize, ioEvent } from '../abi/record.ts';
import { fieldOffset } from '../layout/schema.ts';
import type { PartChunk } from '../trace/builder.ts';
import { PARTS, type PartName } from '../trace/part.ts';

const [result] = ioEvent.fields.filter(({ name }) => name === 'res');

/** What a capture has recorded so far. */
export interface CaptureProgress {
  readonly elapsedMs: number;
  readonly submissions: number;
  readonly completions: number;
  /** Submissions that the kernel refused. */
  readonly refused: number;
  readonly calls: number;
  /** Completions whose result is an error. */
  readonly errors: number;
  /** Events that were lost; null if that is not known. */
  readonly lost: number | null;
  /** CPU time that this process took since the capture began, in s. */
  readonly cpuSeconds: number;
}

/** Counts records, and CPU time. */
export class CaptureCounter {
  readonly records: Record<PartName, number> = {
    submissions: 0,
    completions: 0,
    refused: 0,
    calls: 0,
  };
  #errors = 0;
  readonly #begun = performance.now();
  readonly #cpu = process.cpuUsage();

  add(chunks: readonly PartChunk[]): void {
    for (const { part, bytes } of chunks) {
      const { stride } = PARTS[part];
      this.records[part] += bytes.byteLength / stride;
      if (part !== 'completions') continue;
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      // The sign is in the high word.
      const at = stride - IOEventSize + fieldOffset(result, 'little') + 4;
      for (let row = 0; row < bytes.byteLength; row += stride)
        if (view.getInt32(row + at, true) < 0) this.#errors += 1;
    }
  }

  progress(lost: number | null): CaptureProgress {
    const { user, system } = process.cpuUsage(this.#cpu);
    return {
      elapsedMs: performance.now() - this.#begun,
      ...this.records,
      errors: this.#errors,
      lost,
      cpuSeconds: (user + system) / 1e6,
    };
  }
}
