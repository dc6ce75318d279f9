// The work of a worker on its share, in whatever thread it runs.
import { summarizeOpened } from '../../analysis/summary/summarize.ts';
import type { Summary } from '../../analysis/summary/summary.ts';
import { useKernel } from '../../engine/wasm.ts';
import { type FormatOptions, schemaOf } from '../../layout/schema.ts';
import { openFor } from '../../stream/analysis-reader.ts';
import { Opened } from '../../stream/open-source.ts';
import type { Progress } from '../../stream/options.ts';
import type { ByteSource } from '../../stream/source.ts';
import { type ByteRange, type Cut, faultOf, type Reply, type Share } from './share.ts';

/** Opens a range of the source of a share. */
type OpenRange<O extends number | Blob> = (origin: O, name: string, range: ByteRange) => ByteSource;

const WHOLE: ByteRange = {
  begin: 0,
  end: Number.POSITIVE_INFINITY,
  isLast: true,
  sourceBytes: Number.POSITIVE_INFINITY,
};

/** Interval of progress messages (ms): one per read would be thousands per second. */
const PROGRESS_MS = 16;

/** Reports progress at most once per screen refresh. */
class ThrottledProgress {
  readonly #send: (reply: Reply) => void;
  #sentAt = Number.NEGATIVE_INFINITY;
  #pending: Progress | undefined;

  constructor(send: (reply: Reply) => void) {
    this.#send = send;
  }

  update(progress: Progress): void {
    this.#pending = progress;
    if (performance.now() - this.#sentAt >= PROGRESS_MS) this.flush();
  }

  flush(): void {
    if (this.#pending !== undefined) this.#send({ type: 'progress', progress: this.#pending });
    this.#sentAt = performance.now();
    this.#pending = undefined;
  }
}

/** The ranges that one worker takes. */
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

/** Does a share and reports its progress and outcome. Never throws. */
export async function work<O extends number | Blob>(
  { origin, name, cut, kernel, options }: Share<O>,
  openRange: OpenRange<O>,
  send: (reply: Reply) => void,
  signal?: AbortSignal,
): Promise<void> {
  const throttled = new ThrottledProgress(send);
  let [bytes, records] = [0, 0];
  const summarize = async (opened: Opened): Promise<Summary> => {
    const onProgress = (progress: Progress) =>
      throttled.update({
        ...progress,
        bytes: bytes + progress.bytes,
        records: records + progress.records,
      });
    const summary = await summarizeOpened(opened, { ...options, signal, onProgress });
    bytes += summary.inputs[0].bytes;
    records += summary.inputs[0].records;
    return summary;
  };
  try {
    if (kernel !== undefined) useKernel(kernel);
    let whole: Summary | undefined;
    let ranges = 0;
    if (cut === undefined) {
      const source = openRange(origin, name, WHOLE);
      whole = await summarize(await openFor(source, { ...options, signal }));
      ranges = 1;
    } else {
      const schema = schemaOf(options as FormatOptions);
      for (const range of rangesOf(cut)) {
        send({ type: 'range', range });
        const part = await summarize(new Opened(openRange(origin, name, range), schema));
        whole = whole?.merge(part) ?? part;
        ranges += 1;
      }
    }
    throttled.flush();
    send({ type: 'done', ranges, states: whole === undefined ? [] : [whole.state()] });
  } catch (error) {
    send({ type: 'failed', fault: faultOf(error) });
  }
}
