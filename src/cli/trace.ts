import { once } from 'node:events';
import zlib from 'node:zlib';
import type { Command } from 'commander';
import { packTrace } from '../trace-node.ts';
import { traceSections } from '../words/trace.ts';
import { usageError } from './exit.ts';
import { DescribedOption } from './option.ts';
import { write } from './output.ts';
import { ProgressBar } from './progress.ts';
import { openTarget, type Target, writeTarget } from './target.ts';
import { openFolder } from './target-folder.ts';
import { sectionsText } from './text-block.ts';
import { openWithWarnings } from './trace-input.ts';

const COMPRESSIONS = ['gzip', 'zstd', 'none'] as const;
type PackCompression = (typeof COMPRESSIONS)[number];

/** A compressor of a stream; undefined for none. */
function compressorOf(compression: PackCompression) {
  if (compression === 'none') return undefined;
  if (compression === 'gzip') return zlib.createGzip();
  const { createZstdCompress } = zlib as { createZstdCompress?: typeof zlib.createGzip };
  if (createZstdCompress === undefined)
    return usageError(
      `zstd needs Node 22.15, and this is ${process.version}; use --compression gzip`,
    );
  return createZstdCompress();
}

/** Compresses chunks into a target. */
async function compress(
  chunks: AsyncIterable<Uint8Array>,
  compression: PackCompression,
  { write: append }: Pick<Target, 'write'>,
): Promise<void> {
  const compressor = compressorOf(compression);
  if (compressor === undefined) {
    for await (const chunk of chunks) await append(chunk);
    return;
  }
  const writing = (async () => {
    for await (const chunk of compressor) await append(chunk as Uint8Array);
  })();
  const feeding = (async () => {
    for await (const chunk of chunks) if (!compressor.write(chunk)) await once(compressor, 'drain');
    compressor.end();
  })().catch((error) => {
    compressor.destroy(error);
    throw error;
  });
  await Promise.all([writing, feeding]);
}

/** The chunks, with progress on standard error. */
async function* shown(name: string, chunks: AsyncIterable<Uint8Array>) {
  const bar = new ProgressBar(name);
  let bytes = 0;
  try {
    for await (const chunk of chunks) {
      bytes += chunk.byteLength;
      bar.update({ bytes, records: 0, totalBytes: undefined });
      yield chunk;
    }
  } finally {
    await bar.stop();
  }
}

interface PackOptions {
  readonly output: string;
  readonly compression: PackCompression;
  readonly force?: boolean;
}

/** `aioscope trace pack TRACE -o FILE` */
async function pack(path: string, { output, compression, force }: PackOptions): Promise<void> {
  if (!output.endsWith('.aiotrace'))
    usageError(`--output is ${output}; the name of a packed trace must end in .aiotrace`);
  const trace = await openWithWarnings(path);
  const target = await openTarget(output, force === true, true);
  await writeTarget(target, () => compress(shown(path, packTrace(trace)), compression, target));
}

/** `aioscope trace unpack FILE -o TRACE` */
async function unpack(path: string, { output }: { output: string }): Promise<void> {
  const trace = await openWithWarnings(path);
  await writeTarget(await openFolder(output), async ({ write: append }) => {
    for (const { name, bytes } of trace.files()) {
      const buffer = new Uint8Array(2 ** 18);
      try {
        for (let read = await bytes.read(buffer); read > 0; read = await bytes.read(buffer))
          await append(name, buffer.subarray(0, read));
      } finally {
        await bytes.close();
      }
    }
  });
}

/** `aioscope trace info TRACE` */
async function info(path: string, { json }: { json?: boolean }): Promise<void> {
  const { manifest, faults } = await openWithWarnings(path);
  const text = json ? `${JSON.stringify({ ...manifest, faults })}\n` : undefined;
  await write(text ?? sectionsText(traceSections(manifest)));
}

const HELP = `
A trace is a folder, as aioscope import writes it: submissions, completions, refused
submissions and calls as packed records, and capture.json, which describes them. Packed,
it is one file, a tar that ends in .aiotrace. Commands that read records take either.
These commands describe and copy whole traces: there are no --where, --from, --to,
--follow and --workers. Select in the trace, by export.

Examples:
  $ aioscope trace info run.trace
  $ aioscope trace pack run.trace -o run.aiotrace
  $ aioscope report run.aiotrace
  $ aioscope trace unpack run.aiotrace -o run.trace`;

/** Adds the command \`trace\`, and its own commands. */
export function add(aioscope: Command): void {
  const trace = aioscope
    .command('trace')
    .description('Show what a trace has, pack it into one file, or unpack it.')
    .addHelpText('after', HELP);
  trace
    .command('info')
    .argument('<trace>', 'trace to describe')
    .description('Show how a trace was made, what it has, and what it lacks.')
    .option('--json', 'print its capture.json and its faults as one JSON object')
    .action(info);
  trace
    .command('pack')
    .argument('<trace>', 'trace to pack')
    .description('Write a trace as one file.')
    .requiredOption('-o, --output <file>', 'file to write, named .aiotrace')
    .addOption(
      new DescribedOption('--compression <mode>', 'compression', {
        values: COMPRESSIONS,
        byDefault: COMPRESSIONS[0],
      }),
    )
    .option('--force', 'overwrite an existing file')
    .action(pack);
  trace
    .command('unpack')
    .argument('<trace>', 'packed trace')
    .description('Write the files of a packed trace into a folder.')
    .requiredOption('-o, --output <folder>', 'folder to write; it must not exist')
    .action(unpack);
}
