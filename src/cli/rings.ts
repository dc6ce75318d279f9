import type { Command } from 'commander';
import { type FoundRing, findRings } from '../node.ts';
import { formatBytes, formatCount, formatQuantity, formatShare } from '../words/format.ts';
import { write } from './output.ts';
import { ProgressBar } from './progress.ts';
import { type Align, table, visible } from './terminal-text.ts';

/** The options of `aioscope rings`. */
interface RingsOptions {
  readonly json?: boolean;
}

const HEADS = [
  'offset',
  'id',
  'nr',
  'head',
  'tail',
  'live',
  'stale',
  'never written',
  'full',
  '',
] as const;
const ALIGN: readonly Align[] = [
  'right',
  'right',
  'right',
  'right',
  'right',
  'right',
  'right',
  'right',
  'right',
  'left',
];

function row({
  offset,
  endian,
  header,
  live,
  wraps,
  stale,
  neverWritten,
  missing,
}: FoundRing): string[] {
  const notes = [
    ...(wraps ? ['wraps'] : []),
    ...(endian === 'big' ? ['big-endian'] : []),
    ...(missing === undefined ? [] : [`${formatQuantity(missing, 'slot')} cut off`]),
  ];
  const numbers = [header.id, header.nr, header.head, header.tail, live, stale, neverWritten].map(
    (value) => formatCount(value),
  );
  return [
    `0x${offset.toString(16)}`,
    ...numbers,
    formatShare(live, header.nr - 1),
    notes.join(', '),
  ];
}

/** A file name quoted for a shell. Control characters are escaped, so such a name is only shown. */
const quoted = (file: string): string =>
  /^[\w./+:@%-]+$/.test(file) && !file.startsWith('-')
    ? file
    : `'${visible(file).replaceAll("'", "'\\''")}'`;

/** The rings of one file, as text. */
function ringsText(file: string, size: number, rings: readonly FoundRing[]): string {
  const found = `${formatQuantity(rings.length, 'ring')} in ${formatBytes(size)}`;
  const heading = `${visible(file)}: ${found}`;
  if (rings.length === 0) return `${heading}\n`;
  const [{ offset, bytes: ringBytes }] = rings;
  const cut = `tail -c +${offset + 1} ${quoted(file)} | head -c ${ringBytes}`;
  const hint = `To print the events of the first ring: ${cut} | aioscope print --kind aio_ring -`;
  return `${[heading, ...table([HEADS, ...rings.map(row)], ALIGN), hint].join('\n')}\n`;
}

/** `aioscope rings FILE…` */
async function rings(files: readonly string[], options: RingsOptions): Promise<void> {
  const found: ({ file: string } & FoundRing)[] = [];
  for (const file of files) {
    const bar = new ProgressBar(file);
    const inFile: FoundRing[] = [];
    const search = findRings(file, { onProgress: bar.update });
    try {
      let step = await search.next();
      for (; !step.done; step = await search.next()) inFile.push(step.value);
      found.push(...inFile.map((ring) => ({ file, ...ring })));
      if (!options.json) await write(ringsText(file, step.value, inFile));
    } finally {
      await bar.stop();
    }
  }
  if (options.json) await write(`${JSON.stringify({ rings: found })}\n`);
}

const HELP = `
Rings are found in bytes, before there are records: there are no --where, --from,
--to, --follow and --workers. Print a ring that is found to select its events.

Examples:
  $ gcore -o core $(pidof mariadbd) && aioscope rings core.*
  $ aioscope rings --json core.zst | jq '.rings[] | {offset, live, stale}'`;

/** Adds the command `rings`. */
export function add(aioscope: Command): void {
  aioscope
    .command('rings')
    .argument('<file...>', 'core dumps or memory images to search; - is standard input')
    .description('Find completion rings in core dumps and other memory images.')
    .option('--json', 'print one JSON object')
    .addHelpText('after', HELP)
    .action(rings);
}
