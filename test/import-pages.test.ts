// Are raw pages of real kernels read as strace, fio and another program saw the same run?
import { beforeAll, describe, expect, test } from 'vitest';
import { iocb as iocbLayout, OPCODES } from '../src/abi/index.ts';
import type { TraceManifest } from '../src/import-node.ts';
import { type Imported, imported } from './support/importing.ts';
import { type Folder, folderOf, KERNELS, sourcesOf } from './support/pages.ts';

interface Row {
  readonly ts: bigint;
  readonly addr: bigint;
  readonly pid: number;
  readonly tid: number;
  /** Of a submission that was refused, the negated errno; 0 if it is not known. */
  readonly ret: number;
  readonly isRefused: boolean;
  /** Of a submission that was refused. */
  readonly ctx: bigint;
  readonly struct: Buffer;
}

/** The rows of a part, whose struct begins at `begin`. */
function rows(bytes: Buffer, stride: number, begin: number): Row[] {
  return Array.from({ length: bytes.byteLength / stride }, (_, i) => {
    const row = bytes.subarray(i * stride, (i + 1) * stride);
    return {
      ts: row.readBigUInt64LE(0),
      addr: row.readBigUInt64LE(8),
      pid: row.readUInt32LE(16),
      tid: row.readUInt32LE(20),
      ret: begin === 40 ? row.readInt32LE(32) : 0,
      isRefused: begin === 40,
      ctx: begin === 40 ? row.readBigUInt64LE(24) : 0n,
      struct: row.subarray(begin),
    };
  });
}

const inOrder = (all: readonly Row[]): Row[] =>
  [...all].sort((a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0));

/** Everything that the kernel looked at, in the order of time. */
const lookedAt = ({ submissions, refused }: Imported): Row[] =>
  inOrder([...rows(submissions, 88, 24), ...rows(refused, 104, 40)]);

const file = (folder: Folder, name: string): Buffer => Buffer.from(folder.get(name) ?? []);

/** The logs of two processes of fio that wrote one file, 8 KiB at a time. */
function iologs(text: string): string[][] {
  const [first, second, rest] = [text.slice(0, 8192), text.slice(8192, 16384), text.slice(16384)];
  const end = rest.indexOf('close\n') + 'close\n'.length;
  return [first + rest.slice(0, end), second + rest.slice(end)].map((log) =>
    log
      .split('\n')
      .map((line) => line.split(' ').slice(2).join(' '))
      .filter((line) => /^(?:read|write) /.test(line)),
  );
}

const isAbsent = ({ absent }: TraceManifest, field: string, opcode: number): boolean =>
  absent.some(
    (each) =>
      each.kind === 'iocb' &&
      each.field === field &&
      (each.opcodes === 'all' || each.opcodes.includes(opcode)),
  );

describe.each(KERNELS)('a run with refused submissions on %s', (kernel) => {
  let folder: Folder;
  let found: Imported;
  beforeAll(async () => {
    folder = await folderOf(kernel, 'mixed');
    found = await imported(sourcesOf(folder));
  });

  test('962 were looked at: 869 accepted and completed, 93 refused with their errnos', async () => {
    expect(lookedAt(found)).toHaveLength(962);
    expect(rows(found.submissions, 88, 24)).toHaveLength(869);
    expect(rows(found.completions, 56, 24)).toHaveLength(869);
    const errnos = rows(found.refused, 104, 40).map(({ ret }) => ret);
    const counts = Object.fromEntries([...new Set(errnos)].map((ret) => [ret, 0]));
    for (const ret of errnos) counts[ret] += 1;
    expect(errnos).toHaveLength(93);
    expect(Object.keys(counts).sort()).toEqual(['-14', '-22', '-9']);
    expect(found.manifest.dropped).toEqual({});
  });

  test('every record is the one that another decoder made of the same events', async () => {
    const submissions = rows(file(folder, 'cap.iocb88'), 88, 24);
    expect(lookedAt(found).map((row) => ({ ...row, ret: 0, isRefused: false, ctx: 0n }))).toEqual(
      inOrder(submissions),
    );
    // That decoder put the context where the address of the iocb belongs, and a meaningless thread.
    const completions = rows(file(folder, 'cap.ioev56'), 56, 24);
    expect(rows(found.completions, 56, 24)).toEqual(
      inOrder(completions).map((row) => ({ ...row, addr: row.struct.readBigUInt64LE(8), tid: 0 })),
    );
  });

  test('what strace printed of one program is equal, refusals and errnos too', async () => {
    const log = await imported(file(folder, 'err.strace'));
    expect(log.unparsed).toEqual([]);
    // The kernel looks at no iocb of a call whose context does not exist; strace prints it.
    expect(log.manifest.dropped).toMatchObject({
      'submissions in contexts that did not exist, which the kernel did not look at': 1,
    });
    expect(log.manifest.presumed).toEqual({});
    const printed = lookedAt(log);
    const [tid] = new Set(printed.map((row) => row.tid));
    const seen = lookedAt(found).filter((row) => row.tid === tid);
    expect(seen).toHaveLength(printed.length);
    let compared = 0;
    for (const [i, { struct, ret, isRefused }] of printed.entries()) {
      expect(seen[i].isRefused).toBe(isRefused);
      // Of a call that accepted some strace shows no errno.
      if (ret !== 0) expect(seen[i].ret).toBe(ret);
      for (const { name, offset, type } of iocbLayout.fields) {
        if (isAbsent(log.manifest, name, struct.readUInt16LE(16))) continue;
        const end = offset + Number(type.slice(1)) / 8;
        const [a, b] = [struct, seen[i].struct].map((each) => each.toString('hex', offset, end));
        if (a !== b) expect(`${i} ${name} ${b}`).toBe(`${i} ${name} ${a}`);
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(2000);
    const structs = (all: readonly Row[]): string[] =>
      all.map(({ struct }) => struct.toString('hex')).sort();
    const pid = seen[0].pid;
    const completed = rows(found.completions, 56, 24).filter((row) => row.pid === pid);
    expect(structs(completed)).toEqual(structs(rows(log.completions, 56, 24)));
  });

  test("fio's own logs have the same operations in the same order", async () => {
    const logs = iologs(file(folder, 'iolog').toString());
    const all = lookedAt(found);
    const pids = [...new Set(all.map(({ pid }) => pid))];
    const done = pids.map((pid) =>
      all
        .filter((row) => row.pid === pid)
        .map(({ struct }) => {
          const opcode = OPCODES.find(({ value }) => value === struct.readUInt16LE(16))?.name;
          const name = opcode === 'IOCB_CMD_PREAD' ? 'read' : 'write';
          return `${name} ${struct.readBigInt64LE(40)} ${struct.readBigUInt64LE(32)}`;
        }),
    );
    expect(logs.map(({ length }) => length)).toEqual([300, 300]);
    // The third process is another program.
    expect(done).toHaveLength(3);
    expect(done).toEqual(expect.arrayContaining(logs));
  });

  test('calls have their ends and results; their beginnings were not traced', async () => {
    const calls = found.calls;
    const results = [0, 0];
    for (let at = 0; at < calls.byteLength; at += 48) {
      expect(calls.readBigUInt64LE(at)).toBe(0n);
      expect(calls.readBigUInt64LE(at + 8)).toBeGreaterThan(0n);
      const ret = Number(calls.readBigInt64LE(at + 40));
      results[calls.readUInt16LE(at + 32) === 3 ? 0 : 1] += Math.max(0, ret);
    }
    expect(calls.byteLength / 48).toBe(853 + 774);
    expect(results).toEqual([869, 869]);
    const fields = found.manifest.absent.filter(({ kind }) => kind === 'call');
    expect(fields.map(({ field }) => field)).toEqual(['ts', 'ctx', 'nr']);
  });

  test('the manifest says what the files say, and no more', async () => {
    const { manifest } = found;
    expect(manifest).toMatchObject({ method: 'kprobe', complete: true, clock: { id: 'unknown' } });
    expect(manifest.kernel).toBe(file(folder, 'uname').toString().trim());
    expect(manifest.sources).toEqual(['cpu0.raw', 'cpu1.raw']);
    const probes = manifest.losses.filter(({ of }) => !of.startsWith('buffer'));
    expect(probes).toEqual([
      { of: 'sub', hits: 962, recorded: 962, lost: 0 },
      { of: 'ret', hits: 962, recorded: 962, lost: 0 },
      { of: 'done', hits: 869, recorded: 869, lost: 0 },
    ]);
    expect(manifest.absent).toContainEqual({ kind: 'io_event', field: 'tid', opcodes: 'all' });
    // Changes of names were not traced: nothing says which programs the processes ran.
    expect(manifest.processes).toEqual([]);
    expect(manifest.presumed).toEqual({});
  });
});

describe.each([
  ['6.1.0-50-amd64', [0, 783], [110, 111]],
  ['6.12.117+deb13-amd64', [782, 0], [109, 109]],
] as const)('a buffer that overflowed on %s', (kernel, overruns, [submitted, completed]) => {
  test('of each probe, what was lost is exactly its hits less what was recorded', async () => {
    const folder = await folderOf(kernel, 'full');
    const { manifest, submissions, completions } = await imported(sourcesOf(folder));
    expect(manifest.complete).toBe(false);
    const losses = new Map(manifest.losses.map((loss) => [loss.of, loss]));
    expect(losses.get('sub')).toMatchObject({
      hits: 500,
      recorded: submitted,
      lost: 500 - submitted,
    });
    expect(losses.get('done')).toMatchObject({
      hits: 500,
      recorded: completed,
      lost: 500 - completed,
    });
    const buffers = [0, 1].map((cpu) => losses.get(`buffer of cpu${cpu}`)?.lost);
    expect(buffers).toEqual(overruns);
    const lost = 1000 - submitted - completed;
    expect(Math.max(...overruns)).toBeGreaterThanOrEqual(lost);

    const other = (name: string, stride: number) =>
      rows(file(folder, name), stride, 24).map(({ struct }) => struct);
    expect(rows(submissions, 88, 24).map(({ struct }) => struct)).toEqual(other('cap.iocb88', 88));
    expect(rows(completions, 56, 24).map(({ struct }) => struct)).toEqual(other('cap.ioev56', 56));
    // Return values were not traced, so nothing says whether they were refused.
    expect(Object.entries(manifest.presumed)).toContainEqual([
      'submissions to be accepted: return values were not traced',
      submitted,
    ]);
  });

  test('pages without stats say themselves how many events were lost before them', async () => {
    const folder = new Map(await folderOf(kernel, 'full'));
    for (const cpu of [0, 1]) folder.delete(`cpu${cpu}.stats`);
    folder.delete('profile');
    const { manifest } = await imported(sourcesOf(folder));
    expect(manifest.losses.map(({ lost }) => lost)).toEqual([Math.max(...overruns)]);
    expect(manifest.complete).toBe(false);
  });
});
