// Rates, bytes, sizes, errors and queue depth over time; a range selected here is read again.
import { reportSections } from '../../words/report.ts';
import { depthOverTime } from '../../words/report-depth-over-time.ts';
import type { Section } from '../../words/section.ts';
import { shown } from '../state.ts';
import { brushing } from './brushing.ts';
import { SectionView } from './section-view.tsx';

const HELP =
  'Select a range by dragging, or with Shift and the arrow keys: its records are read again and ' +
  'counted exactly, and every view follows. Escape goes back.';

export function OverTime() {
  const result = shown.value;
  if (result === null) return null;
  const { report } = result;
  const { time, offsets } = reportSections(report, true);
  const depth = depthOverTime(report);
  const sections: Section[] = [
    ...time,
    ...(depth === undefined ? [] : [{ parts: [{ kind: 'series' as const, series: [depth] }] }]),
    ...offsets,
  ];
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
