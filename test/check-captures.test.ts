// Does a check agree with what io_submit did to captured requests, as far as records show it?
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { errnoName } from '../src/abi/index.ts';
import { check, decode, type IOCallback } from '../src/node.ts';
import { bytesOf, captures, type Dump, dumps, rings, truthOf } from './support/captures.ts';

const ENGINES = ['wasm-simd', 'js'] as const;

/** What io_submit accepted and refused. */
interface Calls {
  readonly iocbs_accepted: number;
  readonly iocbs_rejected_in_file: number;
  /** Calls that failed, by -errno: the errno of their first request. */
  readonly submit_calls_failed: Readonly<Record<string, number>>;
  readonly rejected_record_indexes: readonly number[];
}

/** A request that was refused for a reason that its 64 bytes do not show. */
interface Unseen {
  readonly errno: string;
  readonly why: string;
  readonly is: (request: IOCallback, index: number) => boolean;
}

const RWF_ATOMIC = 0x40;
const UNSEEN: Readonly<Record<string, readonly Unseen[]>> = {
  case_resfd: [
    {
      errno: 'EINVAL',
      why: 'descriptor 6 is open but not an eventfd',
      is: (_, index) => index === 1200,
    },
  ],
  case_rwf: [
    {
      errno: 'EOPNOTSUPP',
      why: 'the file system has no atomic writes',
      is: ({ aio_lio_opcode, aio_rw_flags }) => aio_lio_opcode === 1 && aio_rw_flags === RWF_ATOMIC,
    },
  ],
  case_sync: [
    {
      errno: 'EINVAL',
      why: 'descriptor 7 is open but does not support fsync',
      is: (_, index) => index === 484,
    },
  ],
};

const callsPath = ({ truthPath }: Dump): string => truthPath.replace(/\.gt\.json$/, '.calls.json');
const submissions = dumps.filter((dump) => dump.kind === 'iocb' && existsSync(callsPath(dump)));
const nameOf = ({ label }: Dump): string => label.replace(/\.\w+$/, '');

test('captures record what was refused', () => {
  expect(submissions.length).toBeGreaterThanOrEqual(2 * captures.length);
  expect(
    submissions.some((dump) => truthOf<Calls>(callsPath(dump)).iocbs_rejected_in_file > 0),
  ).toBe(true);
});

describe.each(ENGINES)('%s', (engine) => {
  test.each(submissions)(
    '$label: only what was refused is called refused, for the right reason',
    async (dump) => {
      const calls = truthOf<Calls>(callsPath(dump));
      const refused = new Set(calls.rejected_record_indexes);
      const { layout } = dump;
      const bytes = bytesOf(dump.path);
      const batch = decode(bytes, { kind: 'iocb', layout, engine, check: 'linux' });
      const { firstRefusal, minKernel } = batch.columns;
      const unseen = UNSEEN[nameOf(dump)] ?? [];
      const errnos: Record<string, number> = {};
      for (let i = 0; i < batch.length; i++) {
        if (!refused.has(i)) {
          if (firstRefusal[i] !== 0 || minKernel[i] === 0)
            expect.fail(`record ${i} was accepted, not ${batch.named('firstRefusal', i)}`);
          continue;
        }
        const hidden = unseen.find(({ is }) => is(batch.at(i) as IOCallback, i));
        if (hidden === undefined && firstRefusal[i] === 0)
          expect.fail(`record ${i} was refused, and UNSEEN does not explain it`);
        if (hidden !== undefined) expect(batch.named('firstRefusal', i)).toBe('–');
        const errno = hidden?.errno ?? batch.named('firstRefusal', i).split(' ')[0];
        errnos[errno] = (errnos[errno] ?? 0) + 1;
      }
      // Every refused request of these captures was the first of its call: the call's errno is its.
      const failed = Object.entries(calls.submit_calls_failed).map(([errno, count]) => [
        errnoName(-Number(errno)),
        count,
      ]);
      expect(errnos).toEqual(Object.fromEntries(failed));
      const found = (await check(bytes, { kind: 'iocb', layout, engine })).toJSON().iocb;
      expect(found?.records).toBe(calls.iocbs_accepted + calls.iocbs_rejected_in_file);
      expect(found?.classes.refused).toBe(
        [...firstRefusal].filter((refusal) => refusal !== 0).length,
      );
    },
  );

  test.each(dumps.filter(({ kind }) => kind === 'io_event'))(
    '$label: no completion is called impossible or suspicious',
    async ({ path, layout }) => {
      const found = await check(bytesOf(path), { kind: 'io_event', layout, engine });
      const { classes, rules } = found.toJSON().io_event ?? {};
      expect([found.hasRefusals, classes?.impossible]).toEqual([false, 0]);
      expect(rules?.filter(({ rule }) => rule !== 'obj-unaligned')).toEqual([]);
    },
  );

  test.each(rings)('$label: nothing is called impossible or suspicious', async ({ path }) => {
    const found = await check(bytesOf(path), { kind: 'aio_ring', engine, name: 'ring' });
    expect(found.hasRefusals).toBe(false);
    expect(found.toJSON().rings).toMatchObject([{ file: 'ring', rules: [] }]);
  });
});
