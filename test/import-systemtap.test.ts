// Does the import of the output of traceaio.stp give the iocbs that it was printed from?
// Printed as the script of SystemTap's examples and its tapset do.
import { expect, test } from 'vitest';
import { type AioCall, aioCalls, compareWithRun, hex, importedLines } from './support/aio-run.ts';
import { imported, text } from './support/importing.ts';

const PREADV = 7n;

const signed = (value: bigint): bigint => BigInt.asIntN(64, value);

function linesOf({ tid, ctx, nr, iocbs }: AioCall): string[] {
  return [
    `[     0 my prog(1)(${tid}):] io_submit(${ctx}, ${nr}, 0x7ffd12345678)`,
    ...iocbs.flatMap((iocb, i) => [
      `    iocb[${String(i).padStart(4)}]=${hex(iocb.addr)}, fd=${BigInt.asUintN(32, iocb.aio_fildes)}, ` +
        `opcode=${iocb.aio_lio_opcode}, offset=${iocb.aio_offset}, ` +
        `nbytes=${signed(iocb.aio_nbytes)}, buf=${hex(iocb.aio_buf)}`,
      ...(iocb.aio_lio_opcode === PREADV
        ? [`        iovec[   0]=${hex(iocb.aio_buf)}, base=0x7f0000001000, len=512`]
        : []),
    ]),
  ];
}

test('every printed field is equal', async () => {
  // Calls that were accepted whole: the others it prints alike.
  const whole = aioCalls().filter(
    ({ call, nr, ret }) => call === 'io_submit' && (nr === ret || nr < 0),
  );
  const log = await importedLines([
    'Tracing started',
    ...whole.flatMap(linesOf),
    'Tracing stopped',
  ]);
  const seqs = new Set(whole.map(({ seq }) => BigInt(seq)));
  expect(compareWithRun(log, { seqs })).toBeGreaterThan(1000);
  expect(log.refused.byteLength).toBe(0);
  expect(log.manifest.dropped).toEqual({});
  expect(Object.values(log.manifest.presumed)).toEqual([log.submissions.byteLength / 88]);
  expect(new Set(log.manifest.processes.map(({ comm }) => comm))).toEqual(new Set(['my prog(1)']));
});

test('iocbs that are missing are counted, and those without a call cannot be parsed', async () => {
  const iocb = '    iocb[   0]=0x10, fd=3, opcode=0, offset=0, nbytes=512, buf=0x20';
  const call = '[     0 a(7):] io_submit(139000, 2, 0x30)';
  const { manifest, unparsed, submissions } = await imported(
    text([iocb, call, iocb, call, iocb, iocb, iocb, 'hello']),
  );
  expect(submissions.byteLength).toBe(3 * 88);
  expect(unparsed).toEqual([1, 7, 8]);
  expect(manifest.dropped).toEqual({
    'lines that could not be parsed': 3,
    'accepted submissions that are not printed': 1,
  });
  const { absent } = manifest;
  expect(absent.some(({ kind, field }) => kind === 'iocb' && field === 'addr')).toBe(false);
  expect(absent).toContainEqual({ kind: 'call', field: 'ret', opcodes: 'all' });
});
