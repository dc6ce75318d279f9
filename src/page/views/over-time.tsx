// Rates, bytes, sizes, errors and queue depth over time; a range selected here is read again.
import { reportSections } from '../../words/report.ts';
import { depthOverTime } from '../../words/report-depth-over-time.ts';
import type { Section, Series } from '../../words/section.ts';
import { shown } from '../state.ts';
import { brushing } from './brushing.ts';
import { SectionView } from './section-view.tsx';

const HELP =
  'Select a range by dragging, or with Shift and the arrow keys: its records are read again and ' +
  'counted exactly, and every view follows. Escape goes back.';

/** A section with one more series among its own. */
const withSeries = (section: Section, more: Series | undefined): Section =>
  more === undefined
    ? section
    : {
        ...section,
        parts: section.parts.map((part) =>
          part.kind === 'series' ? { ...part, series: [...part.series, more] } : part,
        ),
      };

export function OverTime() {
  const result = shown.value;
  if (result === null) return null;
  const { report } = result;
  const { time, offsets } = reportSections(report, true);
  const depth = depthOverTime(report);
  const sections = [...time.map((section) => withSeries(section, depth)), ...offsets];
  if (sections.length === 0) return <p class="note">No records have been read yet.</p>;
  return (
    <>
      {sections.map((section, i) => (
        <div class="card" key={i}>
          <SectionView
            section={section}
            figure={`time-${i}`}
            {...(i === 0 && { help: HELP })}
            {...brushing()}
          />
        </div>
      ))}
    </>
  );
}
