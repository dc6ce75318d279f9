// Are the offsets of what probes read found in a kernel's BTF, and is damaged BTF refused?
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { kernelOffsets } from '../src/capture/btf.ts';
import { AIO, type BtfType, btf, OTHERS } from './support/btf.ts';

const VMLINUX = '/sys/kernel/btf/vmlinux';
const EXPECTED = { kiRes: 112, kiCtx: 96, userId: 40 };
const TYPES = [...OTHERS, ...AIO];

const found = (bytes: Uint8Array) => kernelOffsets(bytes, 'vmlinux');
/** The message of the error of BTF that is refused. */
function refusal(bytes: Uint8Array): string {
  try {
    found(bytes);
  } catch (error) {
    expect(error).toMatchObject({ code: 'AIOSCOPE_CAPTURE' });
    return (error as Error).message;
  }
  return 'not refused';
}

describe('offsets are found', () => {
  const kioctx = AIO[1];

  test.each([true, false])('after types of every kind, little-endian: %s', (isLittle) => {
    expect(found(btf(TYPES, { isLittle }))).toEqual(EXPECTED);
    expect(found(btf(TYPES, { isLittle, headerBytes: 32 }))).toEqual(EXPECTED);
  });

  test('in bytes at any offset of memory', () => {
    const bytes = btf([...AIO]);
    const memory = new Uint8Array(bytes.byteLength + 3);
    memory.set(bytes, 3);
    expect(found(memory.subarray(3))).toEqual(EXPECTED);
  });

  test('in structs and unions that have no name, also qualified', () => {
    const types: BtfType[] = [
      { kind: 'union', members: [{ name: 'ki_res', type: 4, bits: 0 }] },
      {
        kind: 'struct',
        members: [
          { name: 'first', type: 4, bits: 0 },
          { type: 3, bits: 64 },
        ],
      },
      { kind: 10, type: 1 },
      { kind: 1, name: 'int', words: [32] },
      {
        kind: 'struct',
        name: 'aio_kiocb',
        members: [
          { type: 2, bits: 128 },
          { name: 'ki_ctx', type: 4, bits: 512 },
        ],
      },
      kioctx,
    ];
    expect(found(btf(types))).toEqual({ kiRes: 24, kiCtx: 64, userId: 40 });
  });

  test('where a struct holds itself', () => {
    const [aio] = AIO as [Extract<BtfType, { members: unknown }>];
    const own = { ...aio, members: [{ type: 1, bits: 0 }, { type: 1, bits: 8 }, ...aio.members] };
    expect(found(btf([own, kioctx]))).toEqual(EXPECTED);
  });

  test('in the BTF of the running kernel', ({ skip }) => {
    skip(!existsSync(VMLINUX), `there is no ${VMLINUX}`);
    const offsets = found(readFileSync(VMLINUX));
    const dump = spawnSync('bpftool', ['btf', 'dump', 'file', VMLINUX], {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    if (dump.status !== 0) {
      expect(offsets).toEqual(EXPECTED);
      return;
    }
    const bitsOf = (struct: string, member: string) =>
      new RegExp(`STRUCT '${struct}'[^[]*?\\t'${member}' type_id=\\d+ bits_offset=(\\d+)`).exec(
        dump.stdout,
      )?.[1];
    expect(offsets).toEqual({
      kiRes: Number(bitsOf('aio_kiocb', 'ki_res')) / 8,
      kiCtx: Number(bitsOf('aio_kiocb', 'ki_ctx')) / 8,
      userId: Number(bitsOf('kioctx', 'user_id')) / 8,
    });
  });
});

describe('refused is', () => {
  test('what is not BTF', () => {
    expect(refusal(new Uint8Array(100))).toMatch('vmlinux: it is not BTF');
    expect(refusal(new Uint8Array(3))).toMatch('too short');
    const other = btf([...AIO]);
    other[2] = 2;
    expect(refusal(other)).toMatch('version 2');
  });

  test('BTF without the structs or their members', () => {
    expect(refusal(btf([...OTHERS]))).toMatch('no struct aio_kiocb');
    expect(refusal(btf([AIO[0]]))).toMatch('no struct kioctx');
    const empty: BtfType = { kind: 'struct', name: 'aio_kiocb', members: [] };
    expect(refusal(btf([empty, AIO[1]]))).toMatch('no member ki_res');
  });

  test('a kind whose length is not known', () => {
    expect(refusal(btf([{ kind: 20 }, ...AIO]))).toMatch('kind 20');
  });

  test('BTF that is cut, at every length', () => {
    const bytes = btf(TYPES);
    for (let length = 0; length < bytes.byteLength; length++)
      expect(refusal(bytes.subarray(0, length))).toMatch(/too short|cut/);
  });

  test('or read somehow: BTF with any byte changed ends, with offsets or the error', () => {
    const bytes = btf(TYPES);
    for (let at = 0; at < bytes.byteLength; at++)
      for (const value of [0, 1, 0x7f, 0xff]) {
        const damaged = bytes.slice();
        damaged[at] = value;
        try {
          found(damaged);
        } catch (error) {
          expect(error).toMatchObject({ code: 'AIOSCOPE_CAPTURE' });
        }
      }
  });
});
