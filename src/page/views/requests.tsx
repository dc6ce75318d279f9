// What requests were: patterns, sizes, alignment, offsets, results, flushes, polls, rings.
import { reportSections, type SectionName } from '../../words/report.ts';
import { shown } from '../state.ts';
import { brushing } from './brushing.ts';
import { SectionView } from './section-view.tsx';

const ORDER: readonly SectionName[] = [
  ...(['pattern', 'sizes', 'alignment', 'offsets', 'results', 'refused'] as const),
  ...(['flushes', 'poll', 'distinct', 'rings'] as const),
];

export function Requests() {
  const result = shown.value;
  if (result === null) return null;
  const sections = reportSections(result.report, true);
  return (
    <>
      {ORDER.filter((name) => sections[name].length > 0).map((name) => (
        <div class="card" key={name} data-figure={name}>
          {sections[name].map((section, i) => (
            <SectionView key={i} section={section} figure={`${name}-${i}`} {...brushing()} />
          ))}
        </div>
      ))}
    </>
  );
}
