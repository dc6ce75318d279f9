// Does the WebAssembly engine give the reference's bytes, for any bytes?
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PROFILES } from '../src/abi/rule.ts';
import { AT_STREAM } from '../src/engine/request-tables.ts';
import { RULE_SET_BYTES, rulesFor } from '../src/engine/rule-set.ts';
import {
  COMPLETION_SLOTS,
  COMPLETION_TABLES,
  REQUEST_BYTES,
  SUBMISSION_BYTES,
  VALUE_SLOTS,
} from '../src/engine/tables.ts';
import {
  agree,
  arenas,
  CONTENTS,
  COUNTS,
  type Kernels,
  noise,
  SOURCE,
  type Span,
  STATE,
  TARGET,
} from './support/memory.ts';
import { prepareRequests } from './support/request-state.ts';
import { runs } from './support/runs.ts';

const WIDTHS = { io_event: [8, 8, 8, 8], iocb: [8, 4, 4, 2, 2, 4, 8, 8, 8, 8, 4, 4] };

function decodes(
  kind: 'io_event' | 'iocb',
  content: Uint8Array,
  count: number,
  source: number,
  stride: number,
  rows: number,
): void {
  const spans: Span[] = [];
  let offset = 0;
  for (const width of WIDTHS[kind]) {
    const spare = Math.min(rows - count, 3) * width;
    spans.push({ at: TARGET + offset * rows, bytes: count * width, spare });
    offset += width;
  }
  agree(
    content,
    (kernels) => kernels[`decode_${kind}`](source, stride, count, TARGET, rows),
    spans,
  );
}

function gathers(
  width: 1 | 2 | 4 | 8,
  content: Uint8Array,
  count: number,
  source: number,
  stride: number,
): void {
  const run = (kernels: Kernels) =>
    kernels[`gather_${(width * 8) as 8 | 16 | 32 | 64}`](source, stride, count, TARGET);
  agree(content, run, [{ at: TARGET, bytes: count * width, spare: 3 * width }]);
}

function swaps(width: 2 | 4 | 8, content: Uint8Array, count: number): void {
  const bytes = count * width;
  agree(content, (kernels) => kernels[`swap_${(width * 8) as 16 | 32 | 64}`](TARGET, count), [
    { at: TARGET, bytes, spare: Math.ceil(bytes / 16) * 16 - bytes },
  ]);
}

type Scalar = 'u8' | 'i8' | 'u16' | 'i16' | 'u32' | 'i32' | 'u64' | 'i64';
const widthOf = (type: Scalar): number => Number(type.slice(1)) / 8;
type PackedKernel = 'tally_pair_u64' | 'tally_pair_u32' | 'summarize_io_event';
const STARTS = { u: [2n ** 64n - 1n, 0n], i: [2n ** 63n - 1n, -(2n ** 63n)] };

/** Two calls over one state: a fresh one, then one that has counted already. */
function tallies(type: Scalar, content: Uint8Array, count: number, state = STATE): void {
  const run = (kernels: Kernels) => {
    const first = kernels[`tally_${type}`](SOURCE, count, state);
    return (
      2 * first + kernels[`tally_${type}`](SOURCE + 64 * widthOf(type), Math.min(count, 3), state)
    );
  };
  const words = [...STARTS[type[0] as 'u' | 'i'], 0n, 0n];
  agree(content, run, [{ at: state, bytes: 32 }], (memory) =>
    new BigInt64Array(memory.buffer, state, 4).set(words.map((word) => BigInt.asIntN(64, word))),
  );
}

/** Both answers of the tally are tried; a column of one value may be told either way. */
function countsCompletions(content: Uint8Array, count: number): void {
  const bytes = COMPLETION_SLOTS * COMPLETION_TABLES * 4;
  for (const varying of [0, 1])
    agree(content, (kernels) => kernels.count_completions(SOURCE, count, STATE, varying), [
      { at: STATE, bytes },
    ]);
}

/** Two adjacent fields of packed records, or all of io_event and the tables of results. */
function packed(name: PackedKernel, content: Uint8Array, count: number): void {
  const isRecord = name === 'summarize_io_event';
  const types: Scalar[] = isRecord ? ['u64', 'u64', 'i64', 'i64'] : ['u64', 'u64'];
  const words = types.flatMap((type) => [...STARTS[type[0] as 'u' | 'i'], 5n, 0n]);
  const tables = STATE + 8 * words.length;
  const bytes = 8 * words.length + (isRecord ? COMPLETION_SLOTS * COMPLETION_TABLES * 4 : 0);
  const prepare = (memory: Uint8Array) =>
    new BigInt64Array(memory.buffer, STATE, words.length).set(
      words.map((word) => BigInt.asIntN(64, word)),
    );
  for (const stride of [32, 33, 56, 88]) {
    for (const source of [SOURCE, SOURCE + 5, SOURCE + 24]) {
      // The second call adds to what the first has left.
      const run = (kernels: Kernels) =>
        [count, Math.min(count, 3)].map((records) =>
          kernels[name](source, stride, records, STATE, tables),
        );
      agree(content, (kernels) => String(run(kernels)), [{ at: STATE, bytes }], prepare);
    }
  }
}

function countsSubmissions(content: Uint8Array, count: number): void {
  const [fds, nbytes] = [SOURCE + 65536, SOURCE + 2 * 65536];
  for (const begin of [0, 1, count]) {
    if (begin > count) continue;
    const run = (kernels: Kernels) =>
      kernels.count_submissions(SOURCE, fds, nbytes, begin, count, STATE);
    agree(content, run, [{ at: STATE, bytes: SUBMISSION_BYTES }]);
  }
}

function countsValues(width: 16 | 32, content: Uint8Array, count: number): void {
  const run = (kernels: Kernels) => kernels[`count_values_${width}`](SOURCE, count, STATE);
  agree(content, run, [{ at: STATE, bytes: VALUE_SLOTS * 4 }]);
}

const requestState = { at: STATE, bytes: REQUEST_BYTES };
/** Where the columns of submissions are in the cases of request kernels. */
const requestColumn = (i: number): number => SOURCE + i * 8192;

/** Both on whatever the memory holds: kinds, too, are any bytes. */
function measures(content: Uint8Array, count: number): void {
  const [opcodes, bufs, nbytes, offsets, flags, rwFlags] = [0, 1, 2, 3, 4, 5].map(requestColumn);
  const run = (kernels: Kernels) =>
    kernels.measure_requests(opcodes, bufs, nbytes, offsets, flags, rwFlags, count, STATE);
  agree(content, run, [requestState]);
}

function groups(content: Uint8Array, count: number): void {
  for (const pids of [0, requestColumn(1)]) {
    const run = (kernels: Kernels) => kernels.group_requests(requestColumn(0), pids, count, STATE);
    agree(content, run, [requestState]);
  }
}

/** Places and lengths of the kind that `group_requests` leaves, and nothing counted yet. */
function preparePlaces(memory: Uint8Array): void {
  prepareRequests(memory.buffer as ArrayBuffer, STATE);
}

function maps(content: Uint8Array, count: number): void {
  const run = (kernels: Kernels) => {
    // The second call clears what the first one has counted.
    kernels.map_requests(0, count, STATE);
    kernels.map_requests(count >>> 1, count, STATE);
  };
  agree(content, run, [requestState], preparePlaces);
}

function samples(content: Uint8Array, count: number): void {
  for (const level of [0, 2, 9]) {
    const run = (kernels: Kernels) => {
      const calls: number[] = [];
      for (let at = 0; at < count; at = calls[calls.length - 1])
        calls.push(kernels.sample_requests(at, count, 0x9e3779b1, level, STATE));
      return calls.join();
    };
    agree(content, run, [requestState], preparePlaces);
  }
}

function follows(content: Uint8Array, count: number): void {
  for (const hasLengths of [0, 1]) {
    const run = (kernels: Kernels) => {
      const stream = STATE + AT_STREAM;
      kernels.follow_requests(0, count >>> 1, hasLengths, stream, STATE);
      kernels.follow_requests(count >>> 1, count, hasLengths, stream, STATE);
    };
    agree(content, run, [requestState], preparePlaces);
  }
}

/** The columns of both byte orders, under the rules of every profile. */
function checks(kind: 'iocb' | 'io_event', content: Uint8Array, count: number): void {
  const rows = rowsFor(count);
  const [low, high] = [SOURCE + 8 * rows, SOURCE + 12 * rows];
  const spans = [4, 1, 1].map((width, i) => ({
    at: TARGET + [0, 4, 5][i] * rows,
    bytes: width * count,
  }));
  for (const profile of PROFILES) {
    const rules = rulesFor(kind, profile);
    expect(rules.byteLength).toBe(RULE_SET_BYTES);
    for (const [keys, rwFlags] of kind === 'iocb'
      ? [
          [low, high],
          [high, low],
        ]
      : [[0, 0]]) {
      const run = (kernels: Kernels) =>
        kind === 'iocb'
          ? kernels.check_iocb(SOURCE, rows, count, keys, rwFlags, STATE, TARGET)
          : kernels.check_io_event(SOURCE, rows, count, STATE, TARGET);
      agree(content, run, kind === 'iocb' ? spans : spans.slice(0, 2), (memory) =>
        memory.set(rules, STATE),
      );
    }
  }
}

// Bare and enveloped, aligned and not.
const STRIDES = { io_event: [32, 33, 41, 56, 65], iocb: [64, 65, 88, 89, 91] };
const rowsFor = (count: number): number => Math.ceil(count / 64) * 64 || 64;

const decodeAll = (kind: 'io_event' | 'iocb') => (content: Uint8Array, count: number) => {
  for (const stride of STRIDES[kind])
    for (const source of [0, 3, 24]) decodes(kind, content, count, source, stride, rowsFor(count));
};
const gatherAll = (width: 1 | 2 | 4 | 8) => (content: Uint8Array, count: number) => {
  for (const stride of [width, 33, 56, 91])
    for (const source of [0, 5, 16]) gathers(width, content, count, source, stride);
};

/** How each kernel of the registry is compared. */
const KERNELS: { [K in keyof Kernels]: (content: Uint8Array, count: number) => void } = {
  decode_io_event: decodeAll('io_event'),
  decode_iocb: decodeAll('iocb'),
  gather_8: gatherAll(1),
  gather_16: gatherAll(2),
  gather_32: gatherAll(4),
  gather_64: gatherAll(8),
  gather_bytes: (content, count) => {
    const at = TARGET;
    for (const width of [1, 3, 16, 17])
      agree(content, (kernels) => kernels.gather_bytes(7, 41, count, at, width), [
        { at, bytes: count * width, spare: 3 * width },
      ]);
  },
  swap_16: (content, count) => swaps(2, content, count),
  swap_32: (content, count) => swaps(4, content, count),
  swap_64: (content, count) => swaps(8, content, count),
  tally_u8: (content, count) => tallies('u8', content, count),
  tally_i8: (content, count) => tallies('i8', content, count),
  tally_u16: (content, count) => tallies('u16', content, count),
  tally_i16: (content, count) => tallies('i16', content, count),
  tally_u32: (content, count) => tallies('u32', content, count),
  tally_i32: (content, count) => tallies('i32', content, count),
  tally_u64: (content, count) => tallies('u64', content, count),
  tally_i64: (content, count) => tallies('i64', content, count),
  count_completions: countsCompletions,
  count_submissions: countsSubmissions,
  count_values_32: (content, count) => countsValues(32, content, count),
  count_values_16: (content, count) => countsValues(16, content, count),
  measure_requests: measures,
  group_requests: groups,
  map_requests: maps,
  sample_requests: samples,
  follow_requests: follows,
  tally_pair_u64: (content, count) => packed('tally_pair_u64', content, count),
  tally_pair_u32: (content, count) => packed('tally_pair_u32', content, count),
  summarize_io_event: (content, count) => packed('summarize_io_event', content, count),
  check_iocb: (content, count) => checks('iocb', content, count),
  check_io_event: (content, count) => checks('io_event', content, count),
};

test('both engines have every kernel of the registry', () => {
  expect(Object.keys(arenas.js.kernels).sort()).toEqual(Object.keys(KERNELS).sort());
  expect(Object.keys(arenas.wasm.kernels)).toEqual(expect.arrayContaining(Object.keys(KERNELS)));
});

describe.each(Object.entries(KERNELS))('%s', (_, compare) => {
  test.each(Object.keys(CONTENTS))('agrees on %s, at every count', (name) => {
    for (const count of COUNTS) compare(CONTENTS[name], count);
  });
});

// One value that differs, wherever it stands, decides `varying`, the extremes and which path of the kernel is taken.
describe.each(['u8', 'i8', 'u16', 'i16', 'u32', 'i32', 'u64', 'i64'] as const)(
  'tally_%s',
  (type) => {
    const width = widthOf(type);
    test.each(['all zeros', 'all ones', 'one value'])(
      'sees one other value at each position among %s',
      (name) => {
        // The beginning of the memory will do, and is compared in much less time.
        const near = 2048;
        const content = CONTENTS[name].slice(0, 2 * near);
        for (const count of [1, 2, 3, 5, 8, 9, 16, 17, 33]) {
          for (let position = 0; position < count; position++) {
            for (let byte = 0; byte < width; byte++) {
              const at = SOURCE + position * width + byte;
              content[at] ^= 0x80;
              tallies(type, content, count, near);
              content[at] ^= 0x80;
            }
          }
        }
      },
    );
  },
);

test('decode kernels agree at any address, stride, count and number of rows', () => {
  const place = fc.record({
    kind: fc.constantFrom('io_event', 'iocb'),
    source: fc.nat(200),
    pad: fc.nat(70),
    count: fc.nat(300),
    spare: fc.integer({ min: 3, max: 80 }),
  });
  const check = fc.property(place, ({ kind, source, pad, count, spare }) => {
    const rows = Math.ceil((count + spare) / 16) * 16;
    decodes(kind, noise, count, source, (kind === 'iocb' ? 64 : 32) + pad, rows);
  });
  fc.assert(check, { seed: 4, numRuns: runs(120) });
});
