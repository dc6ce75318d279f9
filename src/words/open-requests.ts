// The requests of a match that have no completion.
import type { MatchJson } from '../analysis/match/json.ts';
import type { OpenRequestJson } from '../analysis/match/unmatched-json.ts';
import {
  formatCount,
  formatDuration,
  formatOpcode,
  formatPlace,
  formatQuantity,
} from './format.ts';
import { type Section, table, text, titled } from './section.ts';
import { conditionText } from './selected.ts';

const CLASSES = { neverCompleted: 'never completed', openAtEnd: 'in flight at the end' } as const;

const hexText = (address: number | string | null | undefined): string =>
  address === undefined || address === null ? '–' : `0x${BigInt(address).toString(16)}`;

/** "56 open requests where age>1s, of 136", and how many of them are listed. */
function countText({ count, requests = [], selected }: MatchJson['open']): string {
  const found = selected?.requests ?? count;
  const all =
    selected === undefined
      ? formatQuantity(count, 'request')
      : `${formatQuantity(found, 'request')} where ${conditionText(selected.where)}, ` +
        `of ${formatCount(count)} without a completion`;
  if (requests.length === found) return selected === undefined ? '' : all;
  return `the oldest ${formatCount(requests.length)} of ${all}`;
}

/** The requests that the option `open` lists, oldest first. */
export function openSection({ open }: MatchJson, withPid: boolean): Section[] {
  const { requests } = open;
  if (requests === undefined) return [];
  const counted = countText(open);
  const lead = requests.length === 0 && counted === '' ? 'none' : counted;
  const has = (known: (request: OpenRequestJson) => unknown) =>
    requests.some((request) => known(request) !== undefined);
  const hasPaths = has(({ path }) => path);
  const hasComms = has(({ comm }) => comm);
  const hasAddr = has(({ submission }) => submission['addr']);
  const hasClasses = new Set(requests.map((each) => each.class)).size > 1;
  const heads = [
    ...['age', ...(withPid ? ['pid'] : []), ...(hasComms ? ['process'] : []), 'submission'],
    ...['opcode', 'fd', 'aio_offset', 'aio_nbytes', ...(hasAddr ? ['addr'] : [])],
    ...[...(hasClasses ? ['class'] : []), ...(hasPaths ? ['file'] : [])],
  ];
  const rows = requests.map(({ ageNs, pid, comm, fd, path, submission, ...request }) => [
    ageNs === null ? '–' : formatDuration(ageNs),
    ...(withPid ? [`${pid}`] : []),
    ...(hasComms ? [comm ?? ''] : []),
    formatPlace(request.submissionIndex, submission),
    formatOpcode(request),
    `${fd}`,
    `${submission['aio_offset']}`,
    `${submission['aio_nbytes']}`,
    ...(hasAddr ? [hexText(submission['addr'])] : []),
    ...(hasClasses ? [CLASSES[request.class]] : []),
    ...(hasPaths ? [path ?? ''] : []),
  ]);
  const textColumns = ['process', 'opcode', 'class', 'file'].map((name) => heads.indexOf(name));
  const parts = table(heads, rows, textColumns).map((part) => ({ ...part, isWhole: true }));
  return titled('without a completion', [...(lead === '' ? [] : [text(lead)]), ...parts]);
}
