// Does the import of the output of pinchy give the records that it was printed from?
// Printed as its formatting.rs and events.rs do, in each of its forms.
import { describe, expect, test } from 'vitest';
import { OPCODES } from '../src/abi/index.ts';
import { type AioCall, aioCalls, compareWithRun, hex, importedLines } from './support/aio-run.ts';
import { imported, text } from './support/importing.ts';

/** It shows this many structs of a call. */
const SHOWN = 4;
/** An argument: a text, or a list with what it holds. */
type Argument = string | { readonly head: string; readonly items: readonly Argument[] };

const flags = (value: bigint, name: string): string =>
  value === 0n ? '0' : `${hex(BigInt.asUintN(32, value))} (${name})`;

function argumentsOf({ call, ctx, nr, ret, iocbs, events }: AioCall): Argument[] {
  if (call === 'io_setup') return [`nr_events: ${nr}`, 'ctx_idp: 0x7ffe12345678'];
  const id = `ctx_id: ${hex(ctx)}`;
  if (call === 'io_destroy') return [id];
  if (call === 'io_cancel')
    return [
      id,
      'iocb: 0x7ffe11111111',
      'result: 0x7ffe22222222',
      { head: 'result_event: {', items: ['data: 0xdead', 'obj: 0x1', 'res: -125', 'res2: 0'] },
    ];
  if (call === 'io_submit') {
    const structs = iocbs.slice(0, SHOWN).map((iocb) => ({
      head: 'iocb {',
      items: [
        `data: ${hex(iocb.aio_data)}`,
        `key: ${iocb.aio_key}`,
        `rw_flags: ${flags(iocb.aio_rw_flags, 'RWF_HIPRI|UNKNOWN')}`,
        `lio_opcode: ${OPCODES.find(({ value }) => BigInt(value) === iocb.aio_lio_opcode)?.name ?? iocb.aio_lio_opcode}`,
        `reqprio: ${iocb.aio_reqprio}`,
        `fildes: ${BigInt.asUintN(32, iocb.aio_fildes)}`,
        `buf: ${hex(iocb.aio_buf)}`,
        `nbytes: ${iocb.aio_nbytes}`,
        `offset: ${iocb.aio_offset}`,
        `flags: ${flags(iocb.aio_flags, 'IOCB_FLAG_RESFD')}`,
        ...(iocb.aio_flags & 1n ? [`resfd: ${BigInt.asUintN(32, iocb.aio_resfd)}`] : []),
      ],
    }));
    const list = structs.length === 0 ? [] : [{ head: 'iocbs: [', items: structs }];
    return [id, `nr: ${nr}`, 'iocbpp: 0x7ffe22222222', ...list];
  }
  const structs = events.slice(0, SHOWN).map(({ data, obj, res, res2 }) => ({
    head: 'event {',
    items: [`data: ${hex(data)}`, `obj: ${hex(obj)}`, `res: ${res}`, `res2: ${res2}`],
  }));
  const signals =
    call === 'io_pgetevents'
      ? [{ head: 'usig: {', items: ['sigmask: 0x7ffe7', 'sigsetsize: 8', 'sigset: [SIGUSR1]'] }]
      : [];
  return [
    id,
    'min_nr: 1',
    `nr: ${nr}`,
    'events: 0x7ffe33333333',
    { head: 'timeout: {', items: ['secs: 1', 'nanos: 500000000'] },
    ...signals,
    ...(ret > 0 ? [{ head: 'events_returned: [', items: structs }] : []),
  ];
}

const closeOf = (head: string): string => (head.endsWith('[') ? ']' : '}');
const onOneLine = (given: readonly Argument[]): string =>
  given
    .map((each) =>
      typeof each === 'string'
        ? each
        : `${each.head} ${onOneLine(each.items)} ${closeOf(each.head)}`,
    )
    .join(', ');
const onLines = (given: readonly Argument[], depth = 1): string[] =>
  given.flatMap((each, i) => {
    const indent = `\t${'    '.repeat(depth)}`;
    const comma = i === given.length - 1 ? '' : ',';
    if (typeof each === 'string') return [`${indent}${each}${comma}`];
    const inner = onLines(each.items, depth + 1);
    return [`${indent}${each.head}`, ...inner, `${indent}${closeOf(each.head)}${comma}`];
  });

const resultOf = ({ call, ret }: AioCall): string => {
  if (ret < 0) return `${ret} (EINVAL: Invalid argument (or so))`;
  if (call === 'io_submit') return `${ret} (requests)`;
  return call.endsWith('getevents') ? `${ret} (events)` : '0 (success)';
};

const FORMS = {
  'one line': (each: AioCall) => [
    `${each.tid} ${each.call}(${onOneLine(argumentsOf(each))}) = ${resultOf(each)}`,
  ],
  'one line, with names and durations': (each: AioCall) => [
    `${each.tid} [my fio  ] ${each.call}(${onOneLine(argumentsOf(each))}) = ${resultOf(each)} <0.000123>`,
  ],
  'many lines': (each: AioCall) => [
    `${each.tid}`,
    `\t${each.call}(`,
    ...onLines(argumentsOf(each)),
    `\t) = ${resultOf(each)}`,
  ],
  'many lines, with names': (each: AioCall) => [
    `${each.tid} my fio (1)`,
    `\t${each.call}(`,
    ...onLines(argumentsOf(each)),
    `\t) = ${resultOf(each)}`,
  ],
};

describe.each(Object.entries(FORMS))('%s', (name, form) => {
  test('every printed field is equal', async () => {
    const log = await importedLines([
      ...form(aioCalls()[0]),
      '7 mmap(addr: 0x0, length: 4096) = 0x7f0000000000 (addr)',
      ...aioCalls().slice(1).flatMap(form),
    ]);
    const shown = { shown: SHOWN, events: SHOWN, hidesFaults: true, hidesStrays: true };
    expect(compareWithRun(log, shown)).toBeGreaterThan(2000);
    const names = log.manifest.processes.map(({ comm }) => comm);
    expect(new Set(names)).toEqual(
      new Set(name.includes('names') ? [name.includes('many') ? 'my fio (1)' : 'my fio'] : []),
    );
    expect(log.manifest.clock.id).toBe('unknown');
    expect(log.manifest.absent).toContainEqual({ kind: 'iocb', field: 'ts', opcodes: 'all' });
  });
});

test('a call that is cut off is counted', async () => {
  const { manifest, unparsed } = await imported(
    text([
      '7 io_submit(ctx_id: 0x7f00, nr: 1, iocbpp: 0x1, iocbs: [ iocb {',
      '8',
      '\tio_submit(',
      '\t    ctx_id: 0x7f00,',
      '9 io_destroy(ctx_id: 0x7f00) = 0 (success)',
      'hello',
    ]),
  );
  expect(unparsed).toEqual([1, 2, 6]);
  expect(manifest.dropped).toEqual({ 'lines that could not be parsed': 3 });
});
