// The work of a thread that decodes ahead: the full fillings of several files, block by block.
import { readSync } from 'node:fs';
import { InputStream } from '../../analysis/match/input-stream.ts';
import { useKernel } from '../../engine/wasm.ts';
import { schemaOf } from '../../layout/schema.ts';
import { BlockReader } from '../../stream/block-reader.ts';
import type { AheadJob } from '../../stream/host.ts';
import { Opened } from '../../stream/open-source.ts';
import type { formatOf } from '../../stream/options.ts';
import type { ByteSource } from '../../stream/source.ts';
import { TimeConversion } from '../../stream/times.ts';
import { BlockRing, type RingMemory } from './block-ring.ts';
import type { FileIdentity } from './file-identity.ts';

/** A file that a thread decodes ahead, and where its blocks go. */
export interface AheadShare extends Omit<AheadJob, 'opened'> {
  readonly fd: number;
  readonly file: FileIdentity;
  readonly format: ReturnType<typeof formatOf>;
  readonly ring: RingMemory;
}

/** What a thread is started with. */
export interface AheadData {
  readonly shares: readonly AheadShare[];
  readonly bell: Int32Array;
  /** The kernel that the program has handed in, if any. */
  readonly kernel: object | undefined;
}

/**
 * A file from where its ring is to begin, as long as it has enough bytes for all that is asked of
 * it. The rest, however it ends, is for the thread that takes the blocks.
 */
function fullReads(fd: number, ring: BlockRing): ByteSource {
  let position: number | undefined;
  return {
    name: 'ahead',
    byteLength: undefined,
    read(target) {
      position ??= ring.beginAt ?? 0;
      let filled = 0;
      while (filled < target.byteLength) {
        const length = target.byteLength - filled;
        const bytes = readSync(fd, target, filled, length, position + filled);
        if (bytes === 0) return 0;
        filled += bytes;
      }
      position += filled;
      return filled;
    },
    close() {},
  };
}

/** One file: its blocks, and the ring that they go into. */
interface AheadFile {
  readonly ring: BlockRing;
  readonly stream: InputStream;
}

async function openAhead(share: AheadShare): Promise<AheadFile> {
  const { fd, format, check, engine, batchSize, times } = share;
  const ring = new BlockRing(share.ring);
  const opened = new Opened(fullReads(fd, ring), schemaOf(format));
  const conversion = times && new TimeConversion(times.unit, times.offset);
  const reader = new BlockReader(opened, { engine, check, batchSize, times: conversion });
  return { ring, stream: await InputStream.start(reader) };
}

/** Puts the next block into the ring. It ends before a fault, which the other thread will find. */
async function putNext({ ring, stream }: AheadFile): Promise<void> {
  try {
    await stream.load();
    if (stream.ended) ring.end();
    else ring.put(stream.columnBytes, stream.rows, stream.isInOrder);
  } catch {
    ring.end();
  }
}

/** Decodes files until all rings have ended. */
export async function decodeShares({ shares, bell, kernel }: AheadData): Promise<void> {
  if (kernel !== undefined) useKernel(kernel);
  const files = await Promise.all(shares.map(openAhead));
  for (const { ring } of files) ring.run();
  while (!files.every(({ ring }) => ring.isOver)) {
    const rung = Atomics.load(bell, 0);
    const ready = files.filter(({ ring }) => ring.canPut);
    // The one that the other thread will be out of first.
    ready.sort((a, b) => a.ring.waiting - b.ring.waiting);
    if (ready.length > 0) await putNext(ready[0]);
    else Atomics.wait(bell, 0, rung);
  }
}
