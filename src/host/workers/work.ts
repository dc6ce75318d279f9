// The work of a worker on its share, in whatever thread it runs.
import type { SurveyPart } from '../../analysis/survey/part.ts';
import { partNamed } from '../../analysis/survey/part-named.ts';
import { surveyOpened } from '../../analysis/survey/survey-opened.ts';
import { useKernel } from '../../engine/wasm.ts';
import { type FormatOptions, schemaOf } from '../../layout/schema.ts';
import { openFor } from '../../stream/analysis-reader.ts';
import { Opened } from '../../stream/open-source.ts';
import type { Progress } from '../../stream/options.ts';
import type { ByteSource } from '../../stream/source.ts';
import { TimeConversion } from '../../stream/times.ts';
import { type ByteRange, type Cut, faultOf, type Origin, type Reply, type Share } from './share.ts';

/** Opens a range of the source of a share. */
type OpenRange<O extends Origin> = (origin: O, name: string, range: ByteRange) => ByteSource;

const WHOLE: ByteRange = {
  begin: 0,
  end: Number.POSITIVE_INFINITY,
  isLast: true,
  sourceBytes: Number.POSITIVE_INFINITY,
};

/** A conversion of times, which lost its methods between threads. */
const conversionOf = (times: TimeConversion | undefined): TimeConversion | undefined =>
  times && new TimeConversion(times.unit, times.offset);

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

/** The ranges that one worker takes, each with its number. */
function* rangesOf({
  byteLength,
  begin,
  ends,
  first,
  step,
  claims,
}: Cut): Generator<[number, ByteRange]> {
  const next = (taken: number | undefined): number => {
    if (claims !== undefined) return Atomics.add(claims, 0, 1);
    return taken === undefined ? first : taken + step;
  };
  for (let i = next(undefined); i < ends.length; i = next(i)) {
    const isLast = ends[i] === byteLength;
    yield [i, { begin: ends[i - 1] ?? begin, end: ends[i], isLast, sourceBytes: byteLength }];
  }
}

/** Does a share and reports its progress and outcome. Never throws. */
export async function work<O extends Origin>(
  { origin, name, cut, kernel, parts: specs, options }: Share<O>,
  openRange: OpenRange<O>,
  send: (reply: Reply) => void,
  signal?: AbortSignal,
): Promise<void> {
  const throttled = new ThrottledProgress(send);
  let before = { bytes: 0, records: 0 };
  const survey = async (index: number, opened: Opened, firstRecord: number): Promise<void> => {
    let last: Pick<Progress, 'bytes' | 'records'> = { bytes: 0, records: 0 };
    const onProgress = (progress: Progress) => {
      last = progress;
      throttled.update({
        ...progress,
        bytes: before.bytes + progress.bytes,
        records: before.records + progress.records,
      });
    };
    const given = { ...options, times: conversionOf(options.times), signal, onProgress };
    const results = await surveyOpened(opened, parts, { ...given, firstRecord });
    const states = parts.map((part, i) => part.stateOf(results[i]));
    before = { bytes: before.bytes + last.bytes, records: before.records + last.records };
    // The pool ends with the last state, so that progress has to be there by then.
    throttled.flush();
    send({ type: 'found', index, states });
  };
  let parts: SurveyPart<unknown>[];
  try {
    if (kernel !== undefined) useKernel(kernel);
    parts = await Promise.all(specs.map(partNamed));
    if (cut === undefined) {
      const source = openRange(origin, name, WHOLE);
      await survey(0, await openFor(source, { ...options, signal }), 0);
    } else {
      const schema = schemaOf(options as FormatOptions);
      for (const [index, range] of rangesOf(cut)) {
        send({ type: 'range', range });
        const opened = new Opened(openRange(origin, name, range), schema);
        await survey(index, opened, range.begin / schema.stride);
      }
    }
    send({ type: 'done' });
  } catch (error) {
    send({ type: 'failed', fault: faultOf(error) });
  }
}
