// The worker that analyzes files: it reads them, on more workers if they are long, and counts.
import { AioscopeError, type SurveyPartial, survey, Zones } from '../index.ts';
import { pageHost, useHost } from '../internal-page.ts';
import type { Ask, Fault, OpenAsk, SurveyAsk, Tell } from './messages.ts';
import { beat } from './pulse.ts';
import type { OpenedFile, SurveyResult, TimeZones } from './session.ts';
import { describeSource, surveySource } from './sources.ts';
import { throttled } from './throttle.ts';

useHost(pageHost);

/** How often results are sent while they grow, and how often the progress. */
const EVERY_MS = 400;
const PROGRESS_MS = 200;
/** The slowest pairs that the page lists. */
const SLOWEST = 20;

type Body = Tell extends infer T ? (T extends unknown ? Omit<T, 'id' | 'last'> : never) : never;

const faultOf = (thrown: unknown): Fault => ({
  ...(thrown instanceof AioscopeError && { code: thrown.code }),
  message: thrown instanceof Error ? thrown.message : String(thrown),
});

async function open(
  { sources, formats }: OpenAsk,
  tell: (body: Body, isLast?: boolean) => void,
): Promise<void> {
  const opened: OpenedFile[][] = [];
  for (const [i, source] of sources.entries())
    opened.push(await describeSource(source, formats[i]));
  tell({ opened }, true);
}

const resultOf = ({ report, summary, check }: SurveyPartial): SurveyResult => ({
  report: report.toJSON(),
  summary: summary.toJSON(),
  check: check.toJSON(),
});

/** Zones with their methods, which cloning has taken. */
function zonesOf(zones: SurveyAsk['zones']): Zones[] | undefined {
  return zones?.map((each) => {
    const made = new Zones();
    made.merge(each);
    return made;
  });
}

async function read(
  { sources, formats, range, zones }: SurveyAsk,
  tell: (body: Body, isLast?: boolean) => void,
): Promise<void> {
  const opened = await Promise.all(sources.map((each, i) => surveySource(each, formats[i])));
  const grow = {
    onProgress: throttled((progress) => tell({ progress }), PROGRESS_MS),
    onPart: (part: SurveyPartial) => tell({ part: resultOf(part) }),
    everyMs: EVERY_MS,
    slowest: SLOWEST,
    zones: zonesOf(zones),
  };
  const selected =
    range === undefined
      ? {}
      : range.unit === 'ns'
        ? { from: range.from, to: range.to }
        : { records: { begin: Number(range.from), end: Number(range.to) } };
  const how = { ...grow, ...selected };
  const found = await (opened.length === 1 ? survey(opened[0], how) : survey(opened, how));
  const match = found.match?.toJSON();
  const result = { ...resultOf(found), ...(match && { match }) };
  const plain = found.zones.map(({ records, count, earliest, latest }): TimeZones => {
    return { records, count, earliest, latest };
  });
  tell({ result, zones: plain }, true);
}

globalThis.addEventListener('message', async ({ data }: MessageEvent<Ask>) => {
  const { id } = data;
  const tell = (body: Body, isLast = false) =>
    globalThis.postMessage({ id, ...(isLast && { last: true }), ...body });
  try {
    if (data.op === 'open') await open(data, tell);
    else await read(data, tell);
  } catch (error) {
    tell({ fault: faultOf(error) }, true);
  }
});
beat();
