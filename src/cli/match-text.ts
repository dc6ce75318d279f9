import type { LatencyJson, MatchGroup, MatchJson, SlowPair } from '../node.ts';
import {
  type Align,
  bar,
  bytes,
  count,
  duration,
  plural,
  share,
  visible,
  withinEnds,
} from './format.ts';
import { colors } from './output.ts';
import { block, inputLines, sizeBlock } from './text-block.ts';

const BAR_WIDTH = 32;
const SHORT_NAME = 'IOCB_CMD_'.length;

const time = (ns: string | null | undefined): string =>
  ns === null || ns === undefined ? '–' : duration(ns);
const opcodeOf = ({ name, opcode }: { name: string | null; opcode: number }): string =>
  name?.slice(SHORT_NAME) ?? `opcode ${opcode}`;
const mean = ({ matched, latencyNs }: MatchGroup): string =>
  latencyNs === null || matched === 0
    ? '–'
    : duration(Number(BigInt(latencyNs.sum) / BigInt(matched)));

/** What was done, in how long. */
function workLine({ matched, byOpcode, time: span }: MatchJson): string {
  const moved = byOpcode.reduce((sum, { bytesMoved }) => sum + BigInt(bytesMoved), 0n);
  const kinds = byOpcode
    .toSorted((a, b) => b.matched - a.matched)
    .map((group) => `${count(group.matched)} ${opcodeOf(group)}`);
  const lasted = span === null ? 0 : Number(BigInt(span.to) - BigInt(span.from)) / 1e9;
  const rate =
    lasted > 0
      ? ` in ${duration(lasted * 1e9)}: ${count(Math.round(matched / lasted))} requests/s`
      : '';
  const speed = lasted > 0 && moved > 0n ? `, ${bytes(Math.round(Number(moved) / lasted))}/s` : '';
  return `${plural(matched, 'request')} completed${rate}${speed}${kinds.length === 0 ? '' : ` (${kinds.join(', ')})`}`;
}

function depthLine({ depth }: MatchJson): string[] {
  if (depth === null) return [];
  return [
    `${plural(depth.max, 'request')} in flight at most${depth.mean === null ? '' : `, ${depth.mean.toFixed(1)} on average`}`,
  ];
}

function speedLine(latency: LatencyJson): string {
  const { min, p50, p99, p999, max } = withinEnds(latency);
  return `half within ${time(p50)}, 99 % within ${time(p99)}, 99.9 % within ${time(p999)} (±0.8 %); fastest ${time(min)}, slowest ${time(max)}`;
}

/** How many completed in order, and how far the others moved. */
function orderLine({ order, matched }: MatchJson): string[] {
  if (order === null || matched === 0) return [];
  if (order.spanMax === 0) return ['all completed in order'];
  return [
    `${count(order.inOrder)} completed in order (${share(order.inOrder, matched)}), up to ${plural(order.spanMax, 'place')} late or early`,
  ];
}

/** How it went wrong: errors, what was cut short, and flushes that cover less than one may think. */
function wrongLines({ errors, short, fsync, byFd, matched }: MatchJson): string[] {
  const normal = errors
    .filter((error) => error.normal)
    .reduce((sum, error) => sum + error.count, 0);
  const failed = errors.reduce((sum, error) => sum + error.count, 0) - normal;
  const names = [
    ...new Set(
      errors
        .filter((error) => !error.normal)
        .map(({ name, errno }) => name ?? `errno ${errno ?? '< -4095'}`),
    ),
  ];
  const cuts = [
    [short.partialRead, 'read moved less than it asked', 'reads moved less than they asked'],
    [short.partialWrite, 'write moved less than it asked', 'writes moved less than they asked'],
    [short.eof, 'read found the end of the file', 'reads found the end of the file'],
    [
      short.clamped,
      'request asked for more than the kernel moves at once',
      'requests asked for more than the kernel moves at once',
    ],
  ] as const;
  const worst = byFd
    .filter(({ fsync: { overtaking } }) => overtaking > 0)
    .toSorted((a, b) => b.fsync.writesInFlight - a.fsync.writesInFlight);
  return [
    ...(normal === 0 ? [] : [`${count(normal)} gave EAGAIN because RWF_NOWAIT was asked: normal`]),
    ...(failed === 0
      ? [normal === 0 ? 'no request failed' : 'no other request failed']
      : [
          colors.yellow(
            `${plural(failed, 'request')} failed (${share(failed, matched)}): ${names.join(', ')}`,
          ),
        ]),
    ...cuts.filter(([n]) => n > 0).map(([n, one, many]) => `${count(n)} ${n === 1 ? one : many}`),
    ...(fsync !== null && fsync.count > 0 && fsync.overtaking === 0
      ? [
          `${plural(fsync.count, 'flush')}: no write to the same fd was in flight when one was submitted`.replace(
            'flushs',
            'flushes',
          ),
        ]
      : []),
    ...worst
      .slice(0, 3)
      .map(({ pid, fd, fsync: { count: flushes, overtaking, writesInFlight } }) =>
        colors.yellow(
          `${plural(writesInFlight, 'write')} to fd ${fd} of pid ${pid} ${writesInFlight === 1 ? 'was' : 'were'} in flight when FSYNC was submitted (${count(overtaking)} of ${count(flushes)} times): it does not cover them`,
        ),
      ),
    ...(worst.length > 3 ? [`and so on ${count(worst.length - 3)} more descriptors`] : []),
  ];
}

/** How far to trust the data. */
function trustLines(json: MatchJson): string[] {
  const {
    matched,
    unmatchedCompletions,
    unmatchedSubmissions,
    begunBefore,
    superseded,
    ambiguous,
    quality,
    littlesLaw,
    by,
  } = json;
  const notes: string[] = [];
  const note = (n: number, text: string) => {
    if (n > 0) notes.push(`${count(n)} ${n === 1 ? text.replace(/^(\w+)s\b/, '$1') : text}`);
  };
  note(unmatchedCompletions - begunBefore, 'completions without their submission');
  note(begunBefore, 'completions of requests from before the capture');
  note(
    superseded,
    'submissions that a newer one at their address replaced: most likely io_submit refused them',
  );
  note(json.neverOpened, 'submissions that Linux refuses on sight: check says why');
  note(
    unmatchedSubmissions - superseded - json.neverOpened,
    'submissions without completion: in flight at the end, refused, or their completion was not captured',
  );
  note(json.dataMismatch, 'completions whose address was in use with other data');
  note(ambiguous, 'pairs where several requests would have fitted; the newest was taken');
  note(
    json.negativeLatency,
    'completions of a time before their submission: clocks or tracer are off',
  );
  note(json.evicted, 'submissions given up, because too many were open');
  note(json.refused, 'refused submissions left out');
  note(quality.tornBytes, 'bytes at the end of the files that are no whole record');
  const whole = matched > 0 && unmatchedCompletions === 0 && unmatchedSubmissions === 0;
  if (whole) notes.unshift('every submission has its completion');
  const none = json.inputs.filter(({ records }) => records === 0).map(({ file }) => visible(file));
  if (none.length > 0)
    notes.unshift(colors.yellow(`nothing to match: no records in ${none.join(', ')}`));
  else if (matched === 0)
    notes.unshift(colors.yellow('nothing matched: are these dumps of one run?'));
  if (by.order === 'counting')
    notes.unshift(
      colors.yellow(
        `matched by counting, the k-th submission of ${by.key === 'data' ? 'a tag' : 'an address'} to its k-th completion: no latency, depth or order`,
      ),
    );
  if (by.key === 'data')
    notes.unshift(
      colors.yellow(
        'matched by data alone: right only where every request in flight had a tag of its own',
      ),
    );
  if (littlesLaw !== null && littlesLaw.gap > 0.1) {
    notes.push(
      colors.yellow(
        `${littlesLaw.depth.toFixed(1)} seemed in flight on average, but rate times latency is ${littlesLaw.rateTimesLatency.toFixed(1)} (Little's law): refused submissions are counted, or records are lost`,
      ),
    );
  }
  return notes;
}

const GROUP_HEADS = ['requests', 'moved', 'short', 'failed', 'mean', 'p50', 'p99', 'max'];
function groupCells(group: MatchGroup): string[] {
  const told = group.latencyNs && withinEnds(group.latencyNs);
  const counts = [
    count(group.matched),
    bytes(group.bytesMoved),
    count(group.short),
    count(group.errors),
  ];
  return [...counts, mean(group), time(told?.p50), time(told?.p99), time(told?.max)];
}
const right = (n: number): Align[] => Array.from({ length: n }, () => 'right');

function depthBlock({ depth }: MatchJson): string[] {
  if (depth === null) return [];
  const octaves = new Map<number, number>();
  for (const { from, count: n } of depth.histogram) {
    const least = 2 ** Math.floor(Math.log2(from));
    octaves.set(least, (octaves.get(least) ?? 0) + n);
  }
  const most = Math.max(...octaves.values());
  const total = [...octaves.values()].reduce((sum, n) => sum + n, 0);
  const rows = [...octaves].map(([from, n]) => [
    from === 1 ? '1' : `${count(from)} …`,
    count(n),
    share(n, total),
    bar(n, most, BAR_WIDTH),
  ]);
  return block(
    'in flight as each was submitted',
    ['from', 'count', 'share', ''],
    ['right', 'right', 'right', 'left'],
    rows,
  );
}

function slowestBlock(slowest: readonly SlowPair[]): string[] {
  const rows = slowest.map(
    ({
      latencyNs,
      submissionIndex,
      completionIndex,
      overtook,
      submission,
      completion,
      ...pair
    }) => [
      time(latencyNs),
      count(submissionIndex),
      count(completionIndex),
      pair.opcodeName?.slice(SHORT_NAME) ?? `opcode ${submission['aio_lio_opcode']}`,
      `${submission['aio_fildes']}`,
      `${submission['aio_offset']}`,
      `${submission['aio_nbytes']}`,
      pair.errnoName ?? completion.res,
      count(overtook),
    ],
  );
  const heads = [
    'latency',
    'submission',
    'completion',
    'opcode',
    'fd',
    'aio_offset',
    'aio_nbytes',
    'res',
    'overtook',
  ];
  return block('slowest', heads, ['right', 'right', 'right', 'left', ...right(5)], rows);
}

/** A match for people: what the program did, how deep, how fast, how it went wrong, how far to trust that; then tables. */
export function matchText(json: MatchJson): string {
  const { inputs, byOpcode, byFd, errors, latencies, latencyNs, engine, slowest } = json;
  const told = (label: string, lines: readonly string[]) =>
    lines.map((line, i) => `  ${colors.bold((i === 0 ? label : '').padEnd(8))}${line}`);
  const lines = [
    ...inputLines(inputs),
    '',
    ...told('did', [workLine(json)]),
    ...told('deep', [...depthLine(json), ...orderLine(json)]),
    ...told('fast', latencyNs === null || latencyNs.max === null ? [] : [speedLine(latencyNs)]),
    ...told('wrong', wrongLines(json)),
    ...told('trust', trustLines(json)),
    ...block(
      'by opcode',
      ['', ...GROUP_HEADS],
      ['left', ...right(8)],
      byOpcode.map((group) => [opcodeOf(group), ...groupCells(group)]),
    ),
    ...block(
      'by descriptor',
      ['pid', 'fd', ...GROUP_HEADS],
      right(10),
      byFd
        .filter(({ matched }) => matched > 0)
        .map((group) => [`${group.pid}`, `${group.fd}`, ...groupCells(group)]),
    ),
    ...block(
      'errors',
      ['opcode', 'name', 'count', ''],
      ['left', 'left', 'right', 'left'],
      errors.map(({ opcode, name, errno, count: n, normal }) => {
        const named = byOpcode.find((group) => group.opcode === opcode);
        return [
          named === undefined ? `${opcode}` : opcodeOf(named),
          name ?? `${errno ?? '< -4095'}`,
          count(n),
          normal ? 'normal: RWF_NOWAIT' : '',
        ];
      }),
    ),
    ...sizeBlock('latency', latencies, duration),
    ...depthBlock(json),
    ...slowestBlock(slowest ?? []),
    '',
    colors.dim(`engine ${engine}`),
  ];
  return `${lines.join('\n')}\n`;
}
