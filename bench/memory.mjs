// Decoding and statistics of records in memory: 64 and 4,096 in the L2 cache, 262,144 past it. Candidates take turns, a process each.
import { DECODE } from './candidates/decode.mjs';
import { STATISTICS } from './candidates/statistics.mjs';
import { median, path, run } from './child.mjs';
import { writeInputs } from './inputs.mjs';

const COUNTS = [64, 4096, 262144];
const ROUNDS = 3;
const TASKS = [
  { task: 'decode', candidates: DECODE, data: ['generated'] },
  { task: 'statistics', candidates: STATISTICS, data: ['generated', 'captured'] },
];

const measure = (job) =>
  JSON.parse(run([process.execPath, path('measure.mjs'), JSON.stringify(job)]).stdout);

/** Throw unless all make the same of every set; give those that are here. */
function agreeing(candidates, job) {
  const present = [];
  let expected;
  for (const candidate of candidates) {
    const { results, missing } = measure({
      ...job,
      name: candidate.name,
      counts: COUNTS,
      digest: true,
    });
    present.push({ ...candidate, missing });
    const made = JSON.stringify(results);
    if (missing !== undefined || candidate.role === 'ceiling') continue;
    expected ??= made;
    if (made !== expected)
      throw new Error(
        `${candidate.name} makes something else of ${job.data} ${job.kind} (${job.task})`,
      );
  }
  return present;
}

/** One row a candidate: medians, and medians of the ratios within a round. */
function rows(candidates, rounds) {
  const here = candidates.filter(({ missing }) => missing === undefined);
  const ratio = (of) => median(rounds.map(of));
  const best = (round) =>
    Math.min(
      ...here.filter(({ role }) => role === 'loop').map(({ name }) => round.get(name).nsPerRecord),
    );
  return candidates.map(({ name, role, missing, why }) => {
    if (missing !== undefined) return { name, role, missing };
    const own = (round) => round.get(name).nsPerRecord;
    return {
      name,
      role,
      why,
      nsPerRecord: median(rounds.map(own)),
      ofCopy: ratio((round) => round.get('memory.copy').nsPerRecord / own(round)),
      timesBestLoop: ratio((round) => best(round) / own(round)),
      peakMb: Math.max(...rounds.map((round) => round.get(name).peakMb)),
    };
  });
}

/** Every task, kind and size: `{ task, kind, data, count, rows }`. */
export function memoryResults(folder, say) {
  writeInputs(folder);
  const results = [];
  for (const { task, candidates, data: inputs } of TASKS) {
    for (const data of inputs) {
      for (const kind of ['io_event', 'iocb']) {
        say(`${task} of ${data} ${kind}`);
        const job = { task, kind, data, folder };
        const all = agreeing(candidates, job);
        const here = all.filter(({ missing }) => missing === undefined);
        for (const count of data === 'captured' ? [4096] : COUNTS) {
          const round = () =>
            new Map(
              here.map(({ name }) => [name, measure({ ...job, name, counts: [count] }).results[0]]),
            );
          results.push({
            task,
            kind,
            data,
            count,
            rows: rows(all, Array.from({ length: ROUNDS }, round)),
          });
        }
      }
    }
  }
  return results;
}
