// Bars over time or over the index of records, stacked; means as lines.
import { useMemo } from 'preact/hooks';
import { capitalize } from '../../words/format.ts';
import type { Series } from '../../words/section.ts';
import { BinsChart } from './bins-chart.tsx';
import type { Surface } from './canvas.tsx';
import type { FigureProps } from './figure.tsx';
import { type Bins, binLeft, binText, type Plot, valueTicks } from './scale.ts';
import {
  colorOf,
  labelOf,
  readoutText,
  seriesSentence,
  shownValues,
  totalText,
  type Unit,
  unitOf,
  valueText,
} from './series.ts';
import type { Palette } from './theme.ts';
import type { BrushProps } from './use-brush.ts';

interface SeriesChartProps extends FigureProps, BrushProps {
  readonly title: string;
  /** Of one axis: sums are stacked, means are lines. */
  readonly series: readonly Series[];
  /** In CSS pixels. */
  readonly height?: number;
}

interface Drawn {
  readonly values: readonly (readonly number[])[];
  readonly colors: readonly ReturnType<typeof colorOf>[];
  readonly top: number;
}

/** Bars above one another; a border between two is one of pixels, so that none is blurred. */
function drawBars({ context, snap }: Surface, plot: Plot, view: Bins, drawn: Drawn, p: Palette) {
  const base = plot.top + plot.height;
  for (let bin = view[0]; bin < view[1]; bin++) {
    const [from, to] = [snap(binLeft(bin, plot, view)), snap(binLeft(bin + 1, plot, view))];
    const width = Math.max(1, to - from - (to - from >= 4 ? 1 : 0));
    let sum = 0;
    for (const [i, values] of drawn.values.entries()) {
      if (!(values[bin] > 0)) continue;
      const low = snap(base - (sum / drawn.top) * plot.height);
      sum += values[bin];
      const high = snap(base - (sum / drawn.top) * plot.height);
      context.fillStyle = p.colors[drawn.colors[i]];
      // What is not 0 is seen.
      context.fillRect(from, Math.min(high, low - 1), width, Math.max(1, low - high));
    }
  }
}

/** Steps, with gaps where there is no mean; the second line is dashed. */
function drawLines({ context }: Surface, plot: Plot, view: Bins, drawn: Drawn, p: Palette) {
  context.lineWidth = 1.75;
  context.lineJoin = 'round';
  for (const [i, values] of drawn.values.entries()) {
    context.strokeStyle = p.colors[drawn.colors[i]];
    context.setLineDash(i === 0 ? [] : [5, 3]);
    context.beginPath();
    let isDown = false;
    for (let bin = view[0]; bin < view[1]; bin++) {
      const y = plot.top + plot.height * (1 - values[bin] / drawn.top);
      if (Number.isNaN(y)) {
        isDown = false;
        continue;
      }
      const from = binLeft(bin, plot, view);
      if (isDown) context.lineTo(from, y);
      else context.moveTo(from, y);
      context.lineTo(binLeft(bin + 1, plot, view), y);
      isDown = true;
    }
    context.stroke();
  }
  context.setLineDash([]);
}

function Legend({ series, unit }: { readonly series: readonly Series[]; readonly unit: Unit }) {
  return (
    <>
      {series.map((one) => (
        <span key={one.name} class="legend">
          {series.length > 1 && (
            <i class={`swatch ${colorOf(one)}${one.over === undefined ? '' : ' line'}`} />
          )}
          {series.length > 1 && `${labelOf(one)} `}peak {one.peak}
        </span>
      ))}
      {unit.per !== '' && <span class="legend">bars {unit.per}</span>}
    </>
  );
}

const titleOf = ({ title }: Series): string => title;
const isMean = ({ over }: Series): boolean => over !== undefined;

/** What is drawn of series, and the marks of its left axis. */
function useDrawn(series: readonly Series[], height: number) {
  return useMemo(() => {
    const values = series.map(shownValues);
    const known = (value: number) => (Number.isNaN(value) ? 0 : value);
    const tops = values[0].map((_, bin) =>
      series.some(isMean)
        ? Math.max(...values.map((list) => known(list[bin])))
        : values.reduce((sum, list) => sum + known(list[bin]), 0),
    );
    const unit = unitOf(series[0]);
    const highest = Math.max(0, ...tops);
    const isCount = !unit.isBytes && unit.divisor === 1 && !series.some(isMean);
    const ticks = valueTicks(highest, Math.max(3, Math.floor(height / 36)), unit.isBytes, isCount);
    const top = highest * 1.04 || 1;
    const marks = ticks.map((value) => ({ label: valueText(value, unit), share: value / top }));
    return { drawn: { values, colors: series.map(colorOf), top }, marks, unit };
  }, [series, height]);
}

/** A chart of series that have one axis. */
export function SeriesChart({ series, height = 150, ...common }: SeriesChartProps) {
  const { title } = common;
  const [{ axis }] = series;
  const { drawn, marks, unit } = useDrawn(series, height);
  const draw = series.some(isMean) ? drawLines : drawBars;
  return (
    <BinsChart
      {...common}
      {...{ axis, height, marks }}
      caption={capitalize(title)}
      detail={<Legend series={series} unit={unit} />}
      label={seriesSentence(title, series)}
      paint={(surface, plot, view, palette) => draw(surface, plot, view, drawn, palette)}
      readout={(shown) => readoutText(series, shown)}
      heads={series.map(series.length > 1 ? labelOf : titleOf)}
      rows={() =>
        Array.from({ length: axis.bins }, (_, bin) => [
          binText(axis, bin),
          ...series.map((one) => totalText(one, [bin, bin + 1])),
        ])
      }
    />
  );
}
