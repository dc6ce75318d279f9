// What a worker does with its share, in whatever thread it is.
import { summarize } from '../../analysis/summary/summarize.ts';
import type { Summary } from '../../analysis/summary/summary.ts';
import type { ByteSource } from '../../stream/source.ts';
import type { Progress } from '../../stream/source-buffer.ts';
import { type ByteRange, type Cut, faultOf, type Reply, type Share } from './share.ts';

/** Opens a range of what a share is of. */
type Open<O extends number | Blob> = (origin: O, name: string, range: ByteRange) => ByteSource;

const WHOLE: ByteRange = {
  begin: 0,
  end: Number.POSITIVE_INFINITY,
  isLast: true,
  sourceBytes: Number.POSITIVE_INFINITY,
};

/** A message for each read would be thousands a second (ms). */
const PROGRESS_MS = 16;

/** Tells progress no oftener than anybody looks. */
class Teller {
  readonly #say: (reply: Reply) => void;
  #said = Number.NEGATIVE_INFINITY;
  #unsaid: Progress | undefined;

  constructor(say: (reply: Reply) => void) {
    this.#say = say;
  }

  tell(progress: Progress): void {
    this.#unsaid = progress;
    if (performance.now() - this.#said >= PROGRESS_MS) this.flush();
  }

  flush(): void {
    if (this.#unsaid !== undefined) this.#say({ type: 'progress', progress: this.#unsaid });
    this.#said = performance.now();
    this.#unsaid = undefined;
  }
}

/** The ranges that fall to one worker. */
function* rangesOf({ byteLength, rangeBytes, first, step, claims }: Cut): Generator<ByteRange> {
  const last = Math.ceil(byteLength / rangeBytes) - 1;
  const next = (taken: number | undefined): number => {
    if (claims !== undefined) return Atomics.add(claims, 0, 1);
    return taken === undefined ? first : taken + step;
  };
  for (let i = next(undefined); i <= last; i = next(i)) {
    yield {
      begin: i * rangeBytes,
      end: Math.min(byteLength, (i + 1) * rangeBytes),
      isLast: i === last,
      sourceBytes: byteLength,
    };
  }
}

/** Do a share, and say how it goes: never throws. */
export async function work<O extends number | Blob>(
  share: Share<O>,
  open: Open<O>,
  say: (reply: Reply) => void,
  signal?: AbortSignal,
): Promise<void> {
  const { origin, name, cut, options } = share;
  const teller = new Teller(say);
  let [bytes, records] = [0, 0];
  const count = async (source: ByteSource): Promise<Summary> => {
    const onProgress = (progress: Progress) =>
      teller.tell({
        ...progress,
        bytes: bytes + progress.bytes,
        records: records + progress.records,
      });
    const summary = await summarize(source, { ...options, signal, onProgress });
    bytes += summary.inputs[0].bytes;
    records += summary.inputs[0].records;
    return summary;
  };
  try {
    let whole: Summary | undefined;
    if (cut === undefined) whole = await count(open(origin, name, WHOLE));
    else {
      for (const range of rangesOf(cut)) {
        say({ type: 'range', range });
        const part = await count(open(origin, name, range));
        whole = whole?.merge(part) ?? part;
      }
    }
    teller.flush();
    say({ type: 'done', states: whole === undefined ? [] : [whole.state()] });
  } catch (error) {
    say({ type: 'failed', fault: faultOf(error) });
  }
}
