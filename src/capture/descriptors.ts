// Looks up the files behind the descriptors of submissions, while the processes run.
import { IOCallbackSize, iocb } from '../abi/record.ts';
import { fieldOffset } from '../layout/schema.ts';
import type { PartChunk, TraceBuilder } from '../trace/builder.ts';
import { PARTS } from '../trace/part.ts';
import { pathOf } from './proc.ts';

/** How long a path is taken to stay the same (ms): a descriptor can be closed and used again. */
const FRESH_MS = 1000;
/** Descriptors that are remembered at most. */
const REMEMBERED_MAX = 65_536;
/** Of the envelope. */
const PID_OFFSET = 16;
const [descriptor] = iocb.fields.filter(({ name }) => name === 'aio_fildes');

/** The paths of descriptors, by process. */
export class Descriptors {
  readonly #builder: TraceBuilder;
  readonly #lookedUp = new Map<string, number>();

  constructor(builder: TraceBuilder) {
    this.#builder = builder;
  }

  /** Looks up the descriptors of submissions that were not looked up for a second. */
  look(chunks: readonly PartChunk[]): void {
    const now = performance.now();
    for (const { part, bytes } of chunks) {
      const { kind, stride } = PARTS[part];
      if (kind !== 'iocb') continue;
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const fdOffset = stride - IOCallbackSize + fieldOffset(descriptor, 'little');
      let last = '';
      for (let at = 0; at < bytes.byteLength; at += stride) {
        const pid = view.getUint32(at + PID_OFFSET, true);
        const fd = view.getInt32(at + fdOffset, true);
        const key = `${pid} ${fd}`;
        if (key === last) continue;
        last = key;
        this.#look(key, pid, fd, view.getBigUint64(at, true), now);
      }
    }
  }

  #look(key: string, pid: number, fd: number, ts: bigint, now: number): void {
    const before = this.#lookedUp.get(key);
    if (before !== undefined && now - before < FRESH_MS) return;
    if (this.#lookedUp.size >= REMEMBERED_MAX) this.#lookedUp.clear();
    this.#lookedUp.set(key, now);
    const path = pathOf(pid, fd);
    if (path !== undefined)
      this.#builder.descriptor(pid, fd, path, before === undefined ? null : ts);
  }
}
