// What reading a dump of completions gives before it ends or fails, from sources of many kinds.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { nodeHost } from '../../src/host/node/host.ts';
import { open, type Source } from '../../src/node.ts';
import { type Host, useHost } from '../../src/stream/host.ts';
import { pieces, soon } from './events.ts';

/** Ways to hand over bytes; paths are of files in `folder`. */
export const sourcesIn = (
  folder: string,
): readonly (readonly [string, (bytes: Uint8Array) => Source])[] => [
  [
    'a path',
    (bytes) => {
      const path = join(folder, 'dump');
      writeFileSync(path, bytes);
      return path;
    },
  ],
  ['bytes', (bytes) => bytes],
  [
    'a web stream',
    (bytes) => new Blob([bytes as Uint8Array<ArrayBuffer>]).stream() as ReadableStream<Uint8Array>,
  ],
  ['a Node stream', (bytes) => Readable.from([bytes.subarray(0, 5), bytes.subarray(5)])],
  ['single bytes', (bytes) => pieces(bytes, 1)],
];

export interface Outcome {
  readonly res: readonly bigint[];
  readonly error: unknown;
}

/** Reads to the end or the fault, with a time limit. */
export async function outcomeOf(source: Source, host: Host = nodeHost): Promise<Outcome> {
  const res: bigint[] = [];
  const read = async () => {
    for await (const batch of open(source, { kind: 'io_event' })) res.push(...batch.columns.res);
  };
  useHost(host);
  const error = await soon(read()).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  useHost(nodeHost);
  return { res, error };
}
