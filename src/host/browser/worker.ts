// A worker's own module: it does the one job that it is asked for, and whoever asked ends it.
import { summarize } from '../../analysis/summary.ts';
import type { Progress } from '../../stream/frames.ts';
import { faultOf, type JobName, type Jobs, type Reply, type Request } from './protocol.ts';

type Job<J extends JobName> = (input: Jobs[J]['input'], onProgress: (progress: Progress) => void) => Promise<Jobs[J]['output']>;

const jobs: { readonly [J in JobName]: Job<J> } = {
  async summarize({ source, options }, onProgress) {
    const summary = await summarize(source, { ...options, onProgress });
    return { summary: summary.toJSON(), engineReason: summary.engineReason };
  },
};

/** A page draws no oftener; a message for each read would be thousands a second (ms). */
const PROGRESS_MS = 16;

async function work<J extends JobName>({ job, input }: Request<J>): Promise<void> {
  const say = (reply: Reply<J>) => globalThis.postMessage(reply);
  let said = Number.NEGATIVE_INFINITY;
  let unsaid: Progress | undefined;
  const onProgress = (progress: Progress) => {
    unsaid = progress;
    if (performance.now() - said < PROGRESS_MS) return;
    say({ type: 'progress', progress });
    said = performance.now();
    unsaid = undefined;
  };
  try {
    const output = await jobs[job](input, onProgress);
    if (unsaid !== undefined) say({ type: 'progress', progress: unsaid });
    say({ type: 'done', output });
  } catch (error) {
    say({ type: 'failed', fault: faultOf(error) });
  }
}

globalThis.addEventListener('message', ({ data }: MessageEvent<Request<JobName>>) => work(data), { once: true });
