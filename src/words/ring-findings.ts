// The findings of submissions matched with images of rings, in sentences.
import type { RingHistoryJson, RingMatchJson, RingOpenJson } from '../analysis/match/ring-json.ts';
import { formatCount, formatDuration, formatQuantity, formatShare } from './format.ts';
import type { ListItem, Role } from './section.ts';

const item = (name: string, words: string, role?: Role): ListItem =>
  role === undefined ? { name, text: words } : { name, text: words, role };

/** What the images of one ring hold, and how far back they reach. */
function ringText(
  { files, id, nr, pid, live, stale, ...ring }: RingHistoryJson,
  match: RingMatchJson,
) {
  const whose = pid === null ? '' : ` of pid ${pid}`;
  const images = files.length === 1 ? files[0] : `${files.length} images, the last ${files.at(-1)}`;
  const counts = `${formatQuantity(live, 'completion')} not reaped, ${formatCount(stale)} reaped`;
  const { remembersFrom, captured } = ring;
  const end = captured?.before === null ? match.time?.to : captured?.after.ts;
  const reach =
    remembersFrom === 'io_setup'
      ? ': all since io_setup'
      : remembersFrom === null || end === undefined || end === null
        ? ''
        : `, which reach back ${formatDuration(BigInt(end) - BigInt(remembersFrom))}`;
  return `ring ${id}${whose}, ${formatCount(nr)} slots (${images}): ${counts}${reach}`;
}

/** How the images of one ring fit the submissions. */
function fitItems({ id, fits, captured, ...ring }: RingHistoryJson, match: RingMatchJson) {
  if (ring.live + ring.stale === 0) return [];
  const { periods, matched, repeated } = ring;
  if (matched + repeated === 0) {
    const words = `ring ${id}: no completion has an address of the log: are they of one run?`;
    return [item('images', words, 'warning')];
  }
  if (!fits || captured === null) {
    const words =
      `ring ${id}: at no moment does the order of its completions agree with the submissions: ` +
      'which request completed is a guess';
    return [item('images', words, 'warning')];
  }
  const { after, before } = captured;
  const others =
    periods > 1 ? `, the last of ${formatCount(periods)} periods in which they fit` : '';
  if (before === null && after.index + 1 === match.inputs[0].records && periods === 1) return [];
  const to = before === null ? '' : ` and before ${formatCount(before.index)}`;
  const times =
    after.ts === null ? '' : ` (ts ${after.ts}${before === null ? '' : ` to ${before.ts}`})`;
  const when = `captured after submission ${formatCount(after.index)}${to}${times}`;
  return [item('images', `ring ${id}: ${when}${others}`)];
}

const captured = ({ rings }: RingMatchJson): boolean =>
  rings.some((ring) => ring.captured !== null && ring.captured.before !== null);

/** What has completed. */
function completedItems(match: RingMatchJson): ListItem[] {
  const { completedLive, completedStale, earlier, undecided } = match;
  const requests = formatQuantity(completedLive + completedStale, 'request');
  const reaped = `${formatCount(completedStale)} reaped`;
  const counts = `${formatCount(completedLive)} not reaped yet, ${reaped}`;
  const others = `${formatQuantity(earlier, 'request')} without a completion in the images`;
  const before =
    earlier === 1
      ? `${others}: its iocb was submitted again, so it ended before that`
      : `${others}: their iocbs were submitted again, so they ended before that`;
  return [
    completedLive + completedStale === 0
      ? item('completed', 'no completion in the images has a submission')
      : item('completed', `${requests} with a completion in the images: ${counts}`),
    ...(undecided === 0
      ? []
      : [
          item(
            'completed',
            `${formatCount(undecided)} of these may be in flight instead: the completion at the ` +
              'address may be that of the request before, and the order does not decide',
          ),
        ]),
    ...(earlier === 0 ? [] : [item('completed', before)]),
  ];
}

function aged({ count, oldestNs }: RingOpenJson): string {
  const oldest = oldestNs === null ? '' : `, the oldest for ${formatDuration(oldestNs)}`;
  return `${formatQuantity(count, 'request')}${oldest}`;
}

/** What had not completed. */
function openItems(match: RingMatchJson): ListItem[] {
  const { open, openLater, openOrOverwritten, elsewhere } = match;
  const when = captured(match)
    ? 'when the images were captured'
    : 'at the last submission, if the images were captured after it';
  const later =
    openLater === 0
      ? ''
      : `; ${formatCount(openLater)} of them are newer than any request that completed in the ` +
        'images, and may have been made after the capture';
  return [
    open.count === 0
      ? item('open', 'no request is certain to have been in flight')
      : item('open', `${aged(open)}, in flight ${when}${later}`, 'warning'),
    ...(openOrOverwritten.count === 0
      ? []
      : [
          item(
            'open',
            `${aged(openOrOverwritten)}, in flight, or completed and overwritten: ` +
              'the rings do not reach back far enough',
          ),
        ]),
    ...(elsewhere === 0
      ? []
      : [
          item(
            'open',
            `${formatQuantity(elsewhere, 'request')} at addresses that appear in no image: ` +
              'not known (another ring of the process, or submitted after the capture)',
          ),
        ]),
  ];
}

function failureItems({ errors, short, completedLive, completedStale }: RingMatchJson): ListItem[] {
  const failed = errors.filter(({ nowait }) => !nowait);
  const sum = (counted: readonly { count: number }[]) =>
    counted.reduce((total, { count }) => total + count, 0);
  const names = new Set(failed.map(({ name, errno }) => name ?? `errno ${errno ?? '< -4095'}`));
  const share = formatShare(sum(failed), completedLive + completedStale);
  const ofNowait = sum(errors) - sum(failed);
  const shorts = [
    [short.partialRead, 'short read'],
    [short.partialWrite, 'short write'],
    [short.eof, 'read at end of file', 'reads at end of file'],
  ] as const;
  return [
    ...(ofNowait === 0 ? [] : [item('errors', `${formatCount(ofNowait)} EAGAIN of RWF_NOWAIT`)]),
    failed.length === 0
      ? item('errors', ofNowait === 0 ? 'none' : 'no others')
      : item(
          'errors',
          `${formatQuantity(sum(failed), 'request')} failed (${share}): ${[...names].join(', ')}`,
          'warning',
        ),
    ...shorts
      .filter(([n]) => n > 0)
      .map(([n, one, many]) => item('short', formatQuantity(n, one, many))),
  ];
}

/** How complete the data is. */
function dataItems(match: RingMatchJson): ListItem[] {
  const repeated = match.rings.reduce((sum, ring) => sum + ring.repeated, 0);
  const counts = [
    [match.unmatchedCompletions, 'completion', 'without a submission in the log'],
    [repeated, 'completion', 'in several images, counted once'],
    [match.after, 'submission', 'after the last completion in the images, left out'],
    [match.refused, 'submission', 'refused by io_submit, left out'],
    [match.refusedByRules, 'submission', 'that Linux always refuses: check lists the reasons'],
    [match.evicted, 'address', 'forgotten because there were too many'],
    [match.quality.tornBytes, 'byte', 'in trailing partial records'],
  ] as const;
  const found = counts
    .filter(([n]) => n > 0)
    .map(([n, noun, rest]) =>
      item(
        'data',
        `${formatQuantity(n, noun, noun === 'address' ? 'addresses' : undefined)} ${rest}`,
      ),
    );
  return found.length === 0 ? [item('data', 'every completion has a submission')] : found;
}

/** The sentences by subject, in their order. */
export const ringFindings = (match: RingMatchJson): ListItem[] => [
  ...match.rings.map((ring) => item('rings', ringText(ring, match))),
  ...match.rings.flatMap((ring) => fitItems(ring, match)),
  ...completedItems(match),
  ...openItems(match),
  ...failureItems(match),
  ...dataItems(match),
];
