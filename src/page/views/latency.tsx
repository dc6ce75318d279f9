// How long requests took: histogram, percentiles, map over time, depth; the slowest of them.
import { formatBytes, formatDuration } from '../../words/format.ts';
import { reportSections } from '../../words/report.ts';
import type { SurveyResult } from '../session.ts';
import { files, isDone, place, shown, view } from '../state.ts';
import { brushing } from './brushing.ts';
import { SectionView } from './section-view.tsx';

type Slow = NonNullable<NonNullable<SurveyResult['match']>['slowest']>[number];

/** Shows a submission by its index among all of its kind. */
function showRecord(index: number, kind: 'iocb' | 'io_event'): void {
  let left = index;
  for (const [file, { kind: of, records = 0 }] of files.value.entries()) {
    if (of !== kind) continue;
    if (left < records) {
      place.value = { file, index: left };
      view.value = 'records';
      return;
    }
    left -= records;
  }
}

function SlowRow({ slow }: { readonly slow: Slow }) {
  const { latencyNs, submissionIndex, completionIndex, depth, opcodeName, errnoName } = slow;
  const { submission, completion } = slow;
  const result = errnoName ?? completion.res;
  return (
    <tr>
      <td class="number">{formatDuration(latencyNs)}</td>
      <td>{opcodeName ?? `opcode ${submission['aio_lio_opcode']}`}</td>
      <td class="number">{formatBytes(String(submission['aio_nbytes'] ?? 0))}</td>
      <td class="number">{String(submission['aio_offset'] ?? '–')}</td>
      <td class="number">{String(submission['aio_fildes'] ?? '–')}</td>
      <td class="number">{depth}</td>
      <td class="number">{result}</td>
      <td>
        <button type="button" class="quiet" onClick={() => showRecord(submissionIndex, 'iocb')}>
          submission {submissionIndex}
        </button>
      </td>
      <td>
        <button type="button" class="quiet" onClick={() => showRecord(completionIndex, 'io_event')}>
          completion {completionIndex}
        </button>
      </td>
    </tr>
  );
}

const HEADS = ['latency', 'opcode', 'size', 'offset', 'fd', 'depth', 'result', '', ''];
const TEXT_COLUMNS = [1, 7, 8];

function Slowest({ slowest }: { readonly slowest: readonly Slow[] }) {
  return (
    <div class="card" data-figure="slowest">
      <h2>Slowest requests</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard */}
      <section class="scroll" aria-label="Slowest requests" tabIndex={0}>
        <table>
          <thead>
            <tr>
              {HEADS.map((head, i) => (
                <th key={i} scope="col" class={TEXT_COLUMNS.includes(i) ? '' : 'number'}>
                  {head === '' ? <span class="hidden">record</span> : head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {slowest.map((slow) => (
              <SlowRow key={slow.submissionIndex} slow={slow} />
            ))}
          </tbody>
        </table>
      </section>
    </div>
  );
}

export function Latency() {
  const result = shown.value;
  if (result === null) return null;
  const { report, match } = result;
  if (report.matched === undefined) {
    const hasBoth = report.submissions !== undefined && report.completions !== undefined;
    const why =
      report.matchFailed?.text ??
      (hasBoth && !isDone.value
        ? 'submissions are matched to completions once both are read'
        : 'latency needs submissions and completions: open both files together');
    return (
      <div class="card" data-figure="latency">
        <h2>Latency</h2>
        <p>{why}.</p>
      </div>
    );
  }
  const { latency } = reportSections(report, true);
  return (
    <>
      <div class="card" data-figure="latency">
        {latency.map((section, i) => (
          <SectionView key={i} section={section} figure={`latency-${i}`} {...brushing()} />
        ))}
      </div>
      {match?.slowest !== undefined && match.slowest.length > 0 && (
        <Slowest slowest={match.slowest} />
      )}
    </>
  );
}
