// Raw pages of tracefs for tests: those of the fixtures, and pages that are made here.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { unpackTar } from 'modern-tar';
import { memorySource } from '../../src/stream/memory-source.ts';
import type { ByteSource } from '../../src/stream/source.ts';
import { fixture } from './cli.ts';

/** The files of a folder, by name. */
export type Folder = ReadonlyMap<string, Uint8Array>;

export const KERNELS = ['6.1.0-50-amd64', '6.12.117+deb13-amd64'] as const;

/** The folder `mixed` or `full` of a fixture. */
export async function folderOf(kernel: string, name: 'mixed' | 'full'): Promise<Folder> {
  const tar = gunzipSync(readFileSync(fixture(`../tracefs/kprobe-${kernel}.tar.gz`)));
  const members = await unpackTar(tar);
  return new Map(
    members.flatMap(({ header, data }) => {
      const [, folder, file] = header.name.split('/');
      return folder === name && file && data ? [[file, data] as const] : [];
    }),
  );
}

/** Bytes with a name. */
export const named = (name: string, bytes: Uint8Array): ByteSource => ({
  ...memorySource(bytes),
  name,
});

/** The files of a folder as sources. */
export const sourcesOf = (folder: Folder): ByteSource[] =>
  [...folder].map(([name, bytes]) => named(name, bytes));

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A folder of texts and bytes. */
export const folderWith = (files: Readonly<Record<string, string | Uint8Array>>): Folder =>
  new Map(
    Object.entries(files).map(([name, file]) => [
      name,
      typeof file === 'string' ? encode(file) : file,
    ]),
  );

export const PAGE_BYTES = 4096;

/** `header_page` of a 64-bit machine. */
export const HEADER_PAGE = `\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;
\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;
\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;
\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;
`;

/** A `format` file: the fields follow those that all events have, each at the next multiple of its size. */
export function format(name: string, id: number, fields: Readonly<Record<string, number>>): string {
  let end = 8;
  const lines = Object.entries(fields).map(([field, size]) => {
    const offset = Math.ceil(end / Math.min(size, 8)) * Math.min(size, 8);
    end = offset + size;
    return `\tfield:u64 ${field};\toffset:${offset};\tsize:${size};\tsigned:0;`;
  });
  const common = [
    '\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;',
    '\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;',
  ];
  return [
    `name: ${name}`,
    `ID: ${id}`,
    'format:',
    ...common,
    '',
    ...lines,
    '',
    'print fmt: ""',
  ].join('\n');
}

/** The formats of all events that are read. */
const WORDS = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`w${i}`, 8]));
export const FORMATS = {
  'sub.format': format('sub', 1, { ip: 8, ctx: 8, uid: 8, obj: 8, ...WORDS }),
  'ret.format': format('ret', 2, { ip: 8, ret: 4 }),
  'done.format': format('done', 3, { ip: 8, ctx: 8, uid: 8, ev: 32 }),
  'task.format': format('task_newtask', 4, { pid: 4, comm: 16, clone_flags: 8 }),
  'enter.format': format('sys_enter_io_submit', 5, { nr_: 8, ctx_id: 8, nr: 8 }),
  'exit.format': format('sys_exit_io_submit', 6, { nr_: 8, ret: 8 }),
  'rename.format': format('task_rename', 7, { pid: 4, pad: 4, oldcomm: 16, newcomm: 16 }),
};

/** An event's payload: kind, thread, then 64-bit words from byte 8 on. */
export function payload(id: number, tid: number, words: readonly (bigint | number)[]): Buffer {
  const bytes = Buffer.alloc(8 + 8 * words.length);
  bytes.writeUInt16LE(id, 0);
  bytes.writeInt32LE(tid, 4);
  words.forEach((word, i) => {
    bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(word)), 8 + 8 * i);
  });
  return bytes;
}

const KERNEL = 0xffff_8880_0000_0000n;

export const events = {
  /** A submission in the context `ctx` of the iocb at `addr`, whose `aio_data` is `data`. */
  sub: (tid: number, ctx: number, addr: number, data = 0) =>
    payload(1, tid, [0, KERNEL + BigInt(ctx), ctx, addr, data, 0, 0, 0, 0, 0, 0, 0]),
  ret: (tid: number, ret: number) => payload(2, tid, [0, ret]),
  done: (tid: number, ctx: number, addr: number) =>
    payload(3, tid, [0, KERNEL + BigInt(ctx), ctx, 0, addr, 0, 0]),
  task(tid: number, child: number, comm: string, flags: number): Buffer {
    const bytes = payload(4, tid, [child, 0, 0, flags]);
    bytes.write(comm, 16);
    return bytes;
  },
  rename(tid: number, before: string, after: string, by = tid): Buffer {
    const bytes = payload(7, by, [tid, 0, 0, 0, 0]);
    bytes.write(before, 16);
    bytes.write(after, 32);
    return bytes;
  },
  enter: (tid: number, ctx: number, nr: number) => payload(5, tid, [0, ctx, nr]),
  exit: (tid: number, ret: number) => payload(6, tid, [0, ret]),
};

/** An event with its word: its type is its length in words, or 0 where that is in a word of its own. */
export function event(delta: number, bytes: Buffer, isLong = false): Buffer {
  const word = Buffer.alloc(isLong ? 8 : 4);
  word.writeUInt32LE((delta * 32 + (isLong ? 0 : bytes.byteLength / 4)) >>> 0, 0);
  if (isLong) word.writeUInt32LE(bytes.byteLength + 4, 4);
  return Buffer.concat([word, bytes]);
}

/** An event without payload: 29 padding, 30 time extend, 31 time stamp. */
export function special(type: number, delta: number, value: number, padding = 0): Buffer {
  const bytes = Buffer.alloc(8 + padding);
  bytes.writeUInt32LE((delta * 32 + type) >>> 0, 0);
  bytes.writeUInt32LE(value, 4);
  return bytes;
}

/** A page of events; `missed` is how many were lost before it: null if it does not say it. */
export function page(ts: bigint, data: readonly Buffer[], missed: number | null = 0): Buffer {
  const bytes = Buffer.alloc(PAGE_BYTES);
  const all = Buffer.concat(data);
  const flags = missed === 0 ? 0 : missed === null ? 2 ** 31 : 2 ** 31 + 2 ** 30;
  bytes.writeBigUInt64LE(ts, 0);
  bytes.writeUInt32LE(flags + all.byteLength, 8);
  all.copy(bytes, 16);
  if (missed) bytes.writeBigUInt64LE(BigInt(missed), 16 + all.byteLength);
  return bytes;
}
