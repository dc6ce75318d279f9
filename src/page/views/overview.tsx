// What the files are, what was found in them, who did what, and what the kernel would refuse.
import { checkSections } from '../../words/check.ts';
import { findingSections } from '../../words/finding-section.ts';
import { describeFinding } from '../../words/findings.ts';
import { overview } from '../../words/overview.ts';
import { processSections } from '../../words/process-table.ts';
import { summarySections } from '../../words/summary.ts';
import { isKnown } from '../session.ts';
import { files, shown } from '../state.ts';
import { FormatCard } from './format-card.tsx';
import { SectionView } from './section-view.tsx';

const PROCESS_HELP =
  'A row per process and direction. Sizes are as requested; latency is from ' +
  'submission to completion of requests that succeeded.';
const FINDING_HELP =
  'What stands out, the most severe first. Each has a rule with a threshold; docs/findings.md ' +
  'lists them all.';
const CHECK_HELP =
  'Every record is checked against the rules of io_submit that depend on its fields alone.';

export function Overview() {
  const result = shown.value;
  const names = files.value.filter(isKnown).map(({ name }) => name);
  if (result === null) return <FormatCard />;
  const { report, summary, check } = result;
  const findings = findingSections(report.findings.map(describeFinding), names);
  // The first section of each repeats the inputs, which the cards of the files have.
  const [, ...checks] = checkSections(check);
  const [, ...counts] = summarySections(summary);
  return (
    <>
      <FormatCard />
      <div class="card" data-figure="overview">
        <SectionView section={overview(report)} figure="about" />
        {report.engine === 'js' && (
          <p class="warning" data-figure="engine">
            The JavaScript engine counted, which takes longer: WebAssembly with SIMD is refused or
            absent here. The numbers are the same.
          </p>
        )}
      </div>
      <div class="card" data-figure="findings">
        {findings.map((section, i) => (
          <SectionView
            key={i}
            section={{ title: 'findings', ...section }}
            figure="findings"
            help={FINDING_HELP}
          />
        ))}
      </div>
      <div class="card" data-figure="processes">
        {processSections(report, true).map((section, i) => (
          <SectionView
            key={i}
            section={{ title: 'by process and direction', ...section }}
            figure="processes"
            help={PROCESS_HELP}
          />
        ))}
      </div>
      <div class="grid">
        <div class="card" data-figure="check">
          {checks.map((section, i) => (
            <SectionView
              key={i}
              section={i === 0 ? { title: 'what the kernel would refuse', ...section } : section}
              figure={`check-${i}`}
              {...(i === 0 && { help: CHECK_HELP })}
              level={i === 0 ? 2 : 3}
            />
          ))}
        </div>
        <div class="card" data-figure="summary">
          {counts.map((section, i) => (
            <SectionView
              key={i}
              section={i === 0 ? { title: 'counts', ...section } : section}
              figure={`summary-${i}`}
              level={i === 0 ? 2 : 3}
            />
          ))}
        </div>
      </div>
    </>
  );
}
