// The calling thread's side of a thread that decodes ahead.
import { Worker } from 'node:worker_threads';
import { planArena } from '../../engine/arena.ts';
import { kernelInUse } from '../../engine/wasm.ts';
import { schemaOf } from '../../layout/schema.ts';
import type { AheadJob, BlocksAhead, ThreadAhead } from '../../stream/host.ts';
import { formatOf, type ReadOptions } from '../../stream/options.ts';
import type { AheadData, AheadShare } from './ahead-share.ts';
import { BlockRing, ringMemory } from './block-ring.ts';
import { identityOf } from './file-identity.ts';
import { THREAD_OPTIONS } from './thread-options.ts';

/** Fillings that are still read here once the thread runs, since its first block takes longest. */
const FILLINGS_LEFT = 4;

function shareOf({ opened, ...how }: AheadJob, bell: Int32Array): AheadShare {
  const fd = opened.bytes.origin as number;
  const format = formatOf(opened.schema);
  const { columns, tallies } = planArena(
    schemaOf({ ...format, check: how.check }),
    how.batchSize,
    1,
  );
  const ring = ringMemory(how.batchSize, tallies - columns, bell);
  return { ...how, fd, file: identityOf(fd), format, ring };
}

/** The blocks of a ring, as long as the thread that fills it is not gone. */
class RingBlocks implements BlocksAhead {
  readonly #ring: BlockRing;
  readonly #isGone: () => boolean;
  readonly #signal: ReadOptions['signal'];
  #hasBegun = false;

  constructor(ring: BlockRing, isGone: () => boolean, signal: ReadOptions['signal']) {
    this.#ring = ring;
    this.#isGone = isGone;
    this.#signal = signal;
  }

  get runs(): boolean {
    return this.#ring.runs;
  }

  begins(byteOffset: number, fillingBytes: number): boolean {
    const ring = this.#ring;
    if (ring.beginAt === undefined && this.runs)
      ring.begin(byteOffset + FILLINGS_LEFT * fillingBytes);
    this.#hasBegun ||= ring.beginAt === byteOffset;
    return this.#hasBegun;
  }

  async hasNext(): Promise<boolean> {
    const ring = this.#ring;
    while (ring.waiting === 0 && !ring.isOver && !this.#isGone()) {
      ring.wait();
      if (ring.waiting > 0) break;
      await new Promise((resolve) => setImmediate(resolve));
      this.#signal?.throwIfAborted();
    }
    return ring.waiting > 0;
  }

  take(columns: Uint8Array, rows: Uint32Array): boolean {
    return this.#ring.take(columns, rows);
  }
}

/** Starts a thread that decodes files ahead. It is used once it runs, and as long as it does. */
export function decodeAhead(jobs: readonly AheadJob[], signal: ReadOptions['signal']): ThreadAhead {
  const bell = new Int32Array(new SharedArrayBuffer(4));
  const shares = jobs.map((job) => shareOf(job, bell));
  const worker = new Worker(new URL('./ahead-worker.js', import.meta.url), {
    ...THREAD_OPTIONS,
    workerData: { shares, bell, kernel: kernelInUse() } satisfies AheadData,
    // It makes little garbage: with more room than this it would only use more memory.
    resourceLimits: { maxYoungGenerationSizeMb: 2 },
  });
  // A stream that nobody reads does not keep the process alive. `hasNext` does while it waits.
  worker.unref();
  let isGone = false;
  const leave = () => {
    isGone = true;
  };
  worker.on('error', leave);
  worker.on('exit', leave);
  const sources = shares.map(
    ({ ring }) => new RingBlocks(new BlockRing(ring), () => isGone, signal),
  );
  return { sources, end: () => worker.terminate() };
}
