// Lays out a section of `words/`: its sentences, tables and charts.

import { capitalize } from '../../words/format.ts';
import type { MapPart, Part, Section } from '../../words/section.ts';
import { Help } from '../charts/figure.tsx';
import { HeatMap } from '../charts/heat-map.tsx';
import { Histogram } from '../charts/histogram.tsx';
import { type Axis, binsOf, rangeOf } from '../charts/scale.ts';
import { SeeksChart } from '../charts/seeks-chart.tsx';
import { groupSeries } from '../charts/series.ts';
import { SeriesChart } from '../charts/series-chart.tsx';
import { helpOf } from '../help.ts';
import type { TimeRange } from '../session.ts';
import { DataTable } from './parts/data-table.tsx';
import { figureName } from './parts/names.ts';
import { FindingList, Paragraph, SubjectList } from './parts/sentences.tsx';
import { Words } from './parts/words.tsx';

/** What all charts of a section may be told, and may tell. */
interface RangeProps {
  /** The range that is shown as selected. */
  readonly range?: TimeRange | undefined;
  /** Is called with the range that the reader has selected on a chart. */
  readonly onBrush?: ((range: TimeRange) => void) | undefined;
  /** Is called for Escape on a chart that has nothing to undo. */
  readonly onBack?: (() => void) | undefined;
}

interface SectionViewProps extends RangeProps {
  readonly section: Section;
  /** The name of the section for scripts, in kebab case: names of its figures begin with it. */
  readonly figure: string;
  /** A sentence that explains the section, shown on request. */
  readonly help?: string | undefined;
  /** The level of its heading. */
  readonly level?: 2 | 3;
}

interface PartViewProps extends RangeProps {
  readonly part: Part;
  readonly title: string;
  readonly figure: string;
  readonly place: number;
}

/** A range of records is of one file: a chart with another number of records has others. */
const brushOf = ({ range, onBrush, onBack }: RangeProps, axis: Axis) => ({
  selection: range && binsOf(axis, range),
  onBrush: onBrush && ((from: number, to: number) => onBrush(rangeOf(axis, [from, to]))),
  onBack,
});

/** Landmarks need different names. */
const tableLabel = (of: string, place: number): string =>
  place === 0 ? `Table of ${of}` : `Table ${place + 1} of ${of}`;

const mapTitle = ({ title, isWhole, isSmall }: MapPart, whole: string): string =>
  isSmall ? title : capitalize(isWhole && whole !== '' ? whole : title);

function PartView({ part, title, figure, place, ...ranged }: PartViewProps) {
  switch (part.kind) {
    case 'text':
      return <Paragraph part={part} />;
    case 'table':
      return (
        <DataTable
          part={part}
          label={tableLabel(title === '' ? figure.replaceAll('-', ' ') : title, place)}
          figure={figureName(figure, 'table', place)}
        />
      );
    case 'bars':
      return (
        <Histogram figure={figureName(figure, part.title ?? '', place)} title={title} part={part} />
      );
    case 'list':
      return <SubjectList part={part} />;
    case 'findings':
      return <FindingList part={part} />;
    case 'seeks':
      return (
        <div class="charts">
          {part.seeks.map((seeks) => (
            <SeeksChart
              key={seeks.name}
              figure={figureName(figure, `seeks-${seeks.name}`, place)}
              seeks={seeks}
            />
          ))}
        </div>
      );
    case 'series':
      return (
        <div class="charts wide">
          {groupSeries(part.series).map((group) => (
            <SeriesChart
              key={group.title}
              figure={figureName(figure, group.title, place)}
              title={group.title}
              help={helpOf(group.title)}
              series={group.series}
              {...brushOf(ranged, group.series[0].axis)}
            />
          ))}
        </div>
      );
    case 'map':
      return (
        <HeatMap
          figure={figureName(figure, part.isWhole ? '' : part.title, part.isWhole ? 0 : place)}
          title={mapTitle(part, title)}
          help={part.isSmall || part.isWhole ? undefined : helpOf(part.title)}
          part={part}
          height={part.isSmall ? 160 : 240}
          {...brushOf(ranged, part.axis)}
        />
      );
  }
}

/** Any section; it has no card of its own, so that several can share one. */
export function SectionView({ section, figure, help, level = 2, ...ranged }: SectionViewProps) {
  const { title = '', lead, parts } = section;
  const explained = help ?? helpOf(title);
  const Heading = level === 2 ? 'h2' : 'h3';
  const areSmall = parts.some((part) => part.kind === 'map' && part.isSmall);
  const seen = new Map<string, number>();
  const views = parts.map((part, i) => {
    const name = 'title' in part && part.title !== undefined ? part.title : part.kind;
    const place = seen.get(name) ?? 0;
    seen.set(name, place + 1);
    return <PartView key={i} part={part} title={title} figure={figure} place={place} {...ranged} />;
  });
  const halves = parts.every(({ kind }) => kind === 'bars');
  return (
    <div class="section" data-figure={figure}>
      {title !== '' && (
        <div class="section-head">
          <Heading>
            <Words text={capitalize(title)} />
          </Heading>
          {lead !== undefined && (
            <span class="note">
              <Words text={lead} />
            </span>
          )}
          {explained !== undefined && <Help about={title} text={explained} />}
        </div>
      )}
      {areSmall || halves ? <div class="charts">{views}</div> : views}
    </div>
  );
}
