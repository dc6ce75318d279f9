// How long requests took: histogram, percentiles, map over time, depth; the slowest of them.
import { batch } from '@preact/signals';
import { formatBytes, formatCount, formatDuration } from '../../words/format.ts';
import { reportSections } from '../../words/report.ts';
import { isKnown, type SurveyResult } from '../session.ts';
import { files, isDone, type Place, place, shown, view } from '../state.ts';
import { brushing } from './brushing.ts';
import { SectionView } from './section-view.tsx';

type Slow = NonNullable<NonNullable<SurveyResult['match']>['slowest']>[number];

/** Where a record of a pair is; undefined if it cannot be shown. */
function placeOf(
  kind: 'iocb' | 'io_event',
  index: number,
  joined: { readonly file?: unknown; readonly fileIndex?: unknown },
): Place | undefined {
  // Of several files that are read as one, the record says in which it is.
  const file = files.value.findIndex(
    (each) =>
      each.kind === kind &&
      isKnown(each) &&
      (joined.file === undefined ? !REFUSED.test(each.name) : each.name === joined.file),
  );
  const at = Number(joined.fileIndex ?? index);
  return at < (files.value[file]?.records ?? 0) ? { file, index: at } : undefined;
}

/** Submissions of a trace that have no completion. */
const REFUSED = /[/:]refused\.bin$/;

/** Leads to a record. */
function RecordLink({ of, at, to }: { of: string; at: number; to: Place | undefined }) {
  const words = `${of} ${formatCount(at)}`;
  if (to === undefined) return <>{words}</>;
  const show = () => {
    batch(() => {
      place.value = to;
      view.value = 'records';
    });
  };
  return (
    <button type="button" class="link" onClick={show}>
      {words}
    </button>
  );
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
        <RecordLink
          of="record"
          at={submissionIndex}
          to={placeOf('iocb', submissionIndex, submission)}
        />
      </td>
      <td>
        <RecordLink
          of="record"
          at={completionIndex}
          to={placeOf('io_event', completionIndex, completion)}
        />
      </td>
    </tr>
  );
}

const HEADS = [
  ...['latency', 'opcode', 'size', 'offset', 'fd', 'depth', 'result'],
  ...['submission', 'completion'],
];
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
                  {head}
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
        ? 'Submissions are matched to completions once both are read'
        : 'Latency needs both submissions and completions: open both files together');
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
