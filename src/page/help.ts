// What each figure shows, in a sentence or two, by its title.

/** Titles that are the same but for what follows have one text: the longest that fits is taken. */
const HELP: readonly (readonly [title: string, text: string])[] = [
  [
    'access pattern',
    'For each process, descriptor and direction: how many requests continue where an earlier one ' +
      'ended, and how far apart the others are.',
  ],
  ['seeks', 'How far each request begins from the end of the one before it, by powers of two.'],
  ['sizes', 'How many bytes requests asked for (aio_nbytes).'],
  ['vectored', 'How many bytes vectored requests moved: their lengths are not in the records.'],
  ['successful results', 'Results of completions that did not fail: for reads and writes, bytes.'],
  [
    'alignment',
    'The largest power of two that divides offset, length and buffer address. O_DIRECT needs ' +
      'multiples of the logical block size, mostly 512 or 4096.',
  ],
  [
    'offsets over time',
    'Where in its file each request begins, over time. The strength of the color is how ' +
      'many there are, on a logarithmic scale.',
  ],
  ['results', 'What completions returned (res): bytes, or a negative errno.'],
  ['refused', 'Submissions for which io_submit returned an error, as the trace recorded them.'],
  ['flushes', 'Requests of IOCB_CMD_FSYNC and FDSYNC, and the writes between them.'],
  ['polls', 'Requests of IOCB_CMD_POLL: what they waited for, and what they got.'],
  [
    'distinct values',
    'How many different descriptors, addresses and blocks the requests used, and how many were ' +
      'submitted or reaped together.',
  ],
  ['rings', 'The completion ring as the kernel shares it: events that wait, and those reaped.'],
  ['requests', 'Submissions per bin, by the time of their record. Drag to select a range.'],
  ['reads', 'Submissions of reads per bin, by the time of their record.'],
  ['writes', 'Submissions of writes per bin, by the time of their record.'],
  ['other requests', 'Submissions per bin that neither read nor write, such as fsync and poll.'],
  [
    'bytes requested',
    'The sum of aio_nbytes of the submissions in each bin, without vectored ones.',
  ],
  ['mean', 'Bytes requested divided by requests, per bin, without vectored requests.'],
  ['completions', 'Completions per bin, by the time of their record.'],
  ['bytes transferred', 'The sum of the positive results in each bin.'],
  ['errors', 'Completions with a negative result per bin.'],
  [
    'queue depth',
    'Submissions without a completion at the end of each bin. Shown only if all submissions ' +
      'have their completion.',
  ],
  [
    'latency and queue depth',
    'Latency is the time from a submission to its completion; depth is how many requests were in ' +
      'flight, each submission included.',
  ],
  [
    'latency over time',
    'Each column is a stretch of time, each row a range of latencies twice as long as the one ' +
      'below it. The strength of the color is the number of completions, on a logarithmic scale.',
  ],
];

/** What a figure shows; undefined for a title that needs no explanation. */
export function helpOf(title: string): string | undefined {
  const words = title.toLowerCase();
  return HELP.filter(([begin]) => words.startsWith(begin))
    .sort(([a], [b]) => b.length - a.length)
    .at(0)?.[1];
}
