// Does a layout mean what it says, and is nonsense refused with a reason?
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { CHECKING, COUNTING, DECODING, MATCHING, REQUESTS } from '../src/engine/sets.ts';
import { bytesOf } from '../src/engine/wasm.ts';
import { type EngineOption, type FormatOptions, open, resolveSchema } from '../src/index.ts';
import { PRESETS } from '../src/internal.ts';
import { parseLayout } from '../src/layout/layout.ts';

/** Where every field of an iocb lies within it. */
const IOCB = [0, 8, 12, 16, 18, 20, 24, 32, 40, 48, 56, 60];

// Each layout by hand: its stride around an iocb, where that begins, and where the envelope's fields lie.
test.each([
  ['record', 64, 0, {}],
  ['ts:u64,record', 72, 8, { ts: 0 }],
  ['record,ts:u64', 72, 0, { ts: 64 }],
  ['pad:3,record', 67, 3, {}],
  ['record,pad:1', 65, 0, {}],
  ['a:u8,b:u16,c:u32,d:u64,record', 79, 15, { a: 0, b: 1, c: 3, d: 7 }],
  ['a:i8,record,b:i16,c:i32,d:i64', 79, 1, { a: 0, b: 65, c: 67, d: 71 }],
  ['comm:char16,pad:4,ctx:u64,record,pad:2,ret:i32', 98, 28, { comm: 0, ctx: 20, ret: 94 }],
  [' ts : u64 ,\n record ', 72, 8, { ts: 0 }],
  ['x:char1,record,y:char4095', 4160, 1, { x: 0, y: 65 }],
  ['pad:4096,record', 4160, 4096, {}],
  ['_x9:u8,U8:u8,char16:u16,record', 68, 4, { _x9: 0, U8: 1, char16: 2 }],
] as const)('%o', (text, stride, payloadOffset, fields) => {
  const schema = resolveSchema({ kind: 'iocb', layout: text });
  expect(schema.stride).toBe(stride);
  expect(schema.layout).toMatchObject({
    text: text.replace(/\s/g, ''),
    payloadOffset,
    envelopeBytes: stride - 64,
  });
  expect(schema.columns.slice(0, 12).map(({ sourceOffset }) => sourceOffset)).toEqual(
    IOCB.map((offset) => payloadOffset + offset),
  );
  expect(
    Object.fromEntries(
      schema.columns.slice(12).map(({ name, sourceOffset }) => [name, sourceOffset]),
    ),
  ).toEqual(fields);
});

test('types have their widths', () => {
  const { columns } = resolveSchema({
    kind: 'io_event',
    layout: 'a:u8,b:i8,c:u16,d:i16,e:u32,f:i32,g:u64,h:i64,i:char7,record',
  });
  expect(columns.slice(4).map(({ type, byteLength }) => [type, byteLength])).toEqual([
    ['u8', 1],
    ['i8', 1],
    ['u16', 2],
    ['i16', 2],
    ['u32', 4],
    ['i32', 4],
    ['u64', 8],
    ['i64', 8],
    ['char', 7],
  ]);
});

test('in a big-endian iocb key and rw_flags swap places', () => {
  const at = (endian: 'little' | 'big') =>
    resolveSchema({ kind: 'iocb', endian, layout: 'pad:3,record' }).columns.map(
      ({ sourceOffset }) => sourceOffset - 3,
    );
  expect(at('little')).toEqual(IOCB);
  expect(at('big')).toEqual([0, 12, 8, ...IOCB.slice(3)]);
});

// The strides that tracers use around an iocb and an io_event.
test('every preset has its strides', () => {
  const strides = Object.keys(PRESETS).map((layout) => [
    layout,
    resolveSchema({ kind: 'iocb', layout }).stride,
    resolveSchema({ kind: 'io_event', layout }).stride,
  ]);
  expect(strides).toEqual([
    ['bare', 64, 32],
    ['traced', 88, 56],
    ['ebpf', 96, 64],
    ['ebpf-addr', 104, 72],
    ['ts-addr', 80, 48],
    ['ts', 72, 40],
  ]);
  for (const [name, text] of Object.entries(PRESETS))
    expect(parseLayout(name)).toEqual(parseLayout(text));
});

const GRAMMAR =
  '; a layout is a comma-separated list of name:type fields around one `record`, such as ts:u64,addr:u64,pid:u32,tid:u32,record; ' +
  'types are u8 i8 u16 i16 u32 i32 u64 i64 charN; pad:N skips N bytes';
test.each([
  ['', "'' is not a field"],
  ['record,', "'' is not a field"],
  [',record', "'' is not a field"],
  ['ts:u64,pid:u32', '`record` is missing'],
  ['ts:u64', '`record` is missing'],
  ['record,record', '`record` occurs twice'],
  ['ts:u64,record,ts:u32', "'ts' occurs twice"],
  ['ts:u65,record', "'ts:u65' has an unknown type"],
  ['ts:U64,record', "'ts:U64' has an unknown type"],
  ['ts:f64,record', "'ts:f64' has an unknown type"],
  ['ts:toString,record', "'ts:toString' has an unknown type"],
  ['comm:char,record', "'comm:char' has an unknown type"],
  ['comm:char0,record', "'comm:char0' has an unknown type"],
  ['comm:char016,record', "'comm:char016' has an unknown type"],
  ['comm:char1e3,record', "'comm:char1e3' has an unknown type"],
  ['ts:,record', "'ts:' is not a field"],
  [':u64,record', "':u64' is not a field"],
  ['ts,record', "'ts' is not a field"],
  ['ts=u64,record', "'ts=u64' is not a field"],
  ['9ts:u64,record', "'9ts:u64' is not a field"],
  ['a-b:u64,record', "'a-b:u64' is not a field"],
  ['ts:u64:2,record', "'ts:u64:2' is not a field"],
  ['ts:u64;record', "'ts:u64;record' is not a field"],
  ['pad:0,record', "'pad:0' does not skip a number of bytes"],
  ['pad:-1,record', "'pad:-1' is not a field"],
  ['pad:u8,record', "'pad:u8' does not skip a number of bytes"],
  ['record:u8,record', "'record' is a reserved name"],
  ['index:u8,record', "'index' is a reserved name"],
  ['offset:u8,record', "'offset' is a reserved name"],
  ['pad:4097,record', 'its envelope has 4097 bytes; the maximum is 4096'],
  ['pad:4096,record,x:u8', 'its envelope has 4097 bytes; the maximum is 4096'],
  ['x:char99999,record', 'its envelope has 99999 bytes; the maximum is 4096'],
])('refuses the layout %o', (layout, reason) => {
  const error = { code: 'AIOSCOPE_LAYOUT', message: `layout '${layout}': ${reason}${GRAMMAR}` };
  expect(() => parseLayout(layout)).toThrow(expect.objectContaining(error));
});

test.each(['trace', 'Traced', 'ebpf_addr', 'toString', 'pad', '16'])(
  '%s names no preset',
  (layout) => {
    const start = `layout '${layout}': no such preset; presets are bare, traced, ebpf, ebpf-addr, ts-addr, ts; a layout is`;
    expect(() => parseLayout(layout)).toThrow(
      expect.objectContaining({ code: 'AIOSCOPE_PRESET', message: expect.stringContaining(start) }),
    );
  },
);

test.each([
  [{}, 'AIOSCOPE_OPTION', 'kind is missing; it must be one of io_event, iocb, aio_ring'],
  [
    { kind: 'IOCB' },
    'AIOSCOPE_OPTION',
    "kind is 'IOCB'; it must be one of io_event, iocb, aio_ring",
  ],
  [
    { kind: 'iocb', endian: 'middle' },
    'AIOSCOPE_OPTION',
    "endian is 'middle'; it must be one of little, big",
  ],
  [
    { kind: 'iocb', layout: 'aio_key:u32,record' },
    'AIOSCOPE_LAYOUT',
    "layout 'aio_key:u32,record': 'aio_key' is a field of iocb already; choose another name",
  ],
  [
    { kind: 'io_event', layout: 'record,res:u64' },
    'AIOSCOPE_LAYOUT',
    "layout 'record,res:u64': 'res' is a field of io_event already; choose another name",
  ],
  [
    { kind: 'aio_ring', layout: 'ts' },
    'AIOSCOPE_LAYOUT',
    "layout 'ts:u64,record': a ring image has no envelopes; omit the layout",
  ],
])('refuses the options %o', (options, code, message) => {
  expect(() => resolveSchema(options as FormatOptions)).toThrow(
    expect.objectContaining({ code, message }),
  );
});

test('a name of the other record is free, and a ring may be told to be bare', () => {
  expect(
    resolveSchema({ kind: 'io_event', layout: 'aio_key:u32,record' }).columns.map(
      ({ name }) => name,
    ),
  ).toEqual(['data', 'obj', 'res', 'res2', 'aio_key']);
  expect(resolveSchema({ kind: 'aio_ring', layout: 'bare' }).stride).toBe(32);
});

describe('the engine', () => {
  const engineOf = (engine?: string) =>
    open(new Uint8Array(0), { kind: 'iocb', engine: engine as EngineOption | undefined });
  afterEach(() => vi.unstubAllEnvs());

  test.each([
    [undefined, undefined, 'wasm-simd'],
    [undefined, 'auto', 'wasm-simd'],
    [undefined, 'js', 'js'],
    ['', 'auto', 'wasm-simd'],
    ['auto', undefined, 'wasm-simd'],
    ['js', undefined, 'js'],
    ['js', 'auto', 'js'],
    ['wasm-simd', 'auto', 'wasm-simd'],
    ['js', 'wasm-simd', 'wasm-simd'],
    ['wasm-simd', 'js', 'js'],
    ['nonsense', 'js', 'js'],
  ])('AIOSCOPE_ENGINE=%s and the option %s give %s', (variable, option, name) => {
    vi.stubEnv('AIOSCOPE_ENGINE', variable);
    const { engine, engineReason } = engineOf(option);
    expect([engine, engineReason]).toEqual([name, null]);
  });

  test.each([
    [undefined, 'simd', "engine is 'simd'; it must be one of auto, wasm-simd, js"],
    ['js', 'WASM-SIMD', "engine is 'WASM-SIMD'; it must be one of auto, wasm-simd, js"],
    ['simd', undefined, "AIOSCOPE_ENGINE is 'simd'; it must be one of auto, wasm-simd, js"],
    ['simd', 'auto', "AIOSCOPE_ENGINE is 'simd'; it must be one of auto, wasm-simd, js"],
  ])('AIOSCOPE_ENGINE=%s and the option %s are refused', (variable, option, message) => {
    vi.stubEnv('AIOSCOPE_ENGINE', variable);
    expect(() => engineOf(option)).toThrow(
      expect.objectContaining({ code: 'AIOSCOPE_OPTION', message }),
    );
  });

  test('the kernels that run are those that were built, small, and do shuffle', () => {
    const built = (name: string) => readFileSync(new URL(`../build/${name}.wasm`, import.meta.url));
    const exported = (bytes: Uint8Array<ArrayBuffer>) =>
      WebAssembly.Module.exports(new WebAssembly.Module(bytes)).map(({ name }) => name);
    const names = [DECODING, CHECKING, COUNTING, REQUESTS, MATCHING].flatMap(({ name, wasm }) => {
      const bytes = bytesOf(wasm);
      expect(Buffer.compare(bytes, built(`kernel-${name}`))).toBe(0);
      return exported(bytes);
    });
    const kernel = built('kernel');
    expect(exported(kernel)).toEqual(names);
    expect(kernel.byteLength).toBeLessThan(65536);
    // i8x16.shuffle is 0xfd 0x0d and the numbers of 16 lanes, each below 32
    const shuffles = kernel.filter(
      (byte, i) =>
        byte === 0xfd &&
        kernel[i + 1] === 0x0d &&
        kernel.subarray(i + 2, i + 18).every((lane) => lane < 32),
    );
    expect(shuffles.length).toBeGreaterThan(20);
  });
});
