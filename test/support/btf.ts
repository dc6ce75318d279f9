// Encodes small BTF: the types of a kernel, as the kernel itself describes them.

interface Member {
  /** No name makes it anonymous. */
  readonly name?: string;
  readonly type: number;
  readonly bits: number;
  /** Of a bit field. */
  readonly size?: number;
}

/** A type, by its number: the first is 1. */
export type BtfType =
  | { readonly kind: 'struct' | 'union'; name?: string; members: Member[]; hasFlag?: boolean }
  | { readonly kind: number; name?: string; count?: number; type?: number; words?: number[] };

export interface BtfOptions {
  readonly isLittle?: boolean;
  readonly headerBytes?: number;
}

/** Encodes types with the header and strings that belong to them. */
export function btf(types: readonly BtfType[], options: BtfOptions = {}): Uint8Array {
  const { isLittle = true, headerBytes = 24 } = options;
  const strings = new Map([['', 0]]);
  let end = 1;
  const text = (name = ''): number => {
    if (!strings.has(name)) {
      strings.set(name, end);
      end += name.length + 1;
    }
    return strings.get(name) ?? 0;
  };
  const words = types.flatMap((type) => {
    if ('members' in type) {
      const { kind, name, members, hasFlag = false } = type;
      const info = ((kind === 'struct' ? 4 : 5) * 2 ** 24 + members.length) | (+hasFlag << 31);
      return [
        ...[text(name), info, 64],
        ...members.flatMap((each) => [
          ...[text(each.name), each.type, each.bits + (each.size ?? 0) * 2 ** 24],
        ]),
      ];
    }
    const { kind, name, count = 0, type: of = 0, words: more = [] } = type;
    return [text(name), kind * 2 ** 24 + count, of, ...more];
  });
  const bytes = new Uint8Array(headerBytes + 4 * words.length + end);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0xeb9f, isLittle);
  view.setUint8(2, 1);
  const header = [headerBytes, 0, 4 * words.length, 4 * words.length, end];
  for (const [i, word] of header.entries()) view.setUint32(4 + 4 * i, word, isLittle);
  for (const [i, word] of words.entries())
    view.setUint32(headerBytes + 4 * i, word >>> 0, isLittle);
  const start = headerBytes + 4 * words.length;
  for (const [name, at] of strings) bytes.set(new TextEncoder().encode(name), start + at);
  return bytes;
}

/** Types of every kind, before those that matter: each has as many words as its kind has. */
export const OTHERS: readonly BtfType[] = [
  { kind: 1, name: 'int', words: [32] },
  { kind: 2, type: 1 },
  { kind: 3, words: [1, 1, 4] },
  { kind: 'union', name: 'aio_kiocb', members: [{ name: 'ki_res', type: 1, bits: 8 }] },
  { kind: 6, name: 'colors', count: 2, words: [1, 0, 2, 1] },
  { kind: 7, name: 'kioctx' },
  { kind: 8, name: 'aio_kiocb', type: 1 },
  { kind: 9, type: 1 },
  { kind: 10, type: 1 },
  { kind: 11, type: 1 },
  { kind: 13, count: 2, words: [1, 1, 2, 1] },
  { kind: 12, name: 'ki_ctx', type: 11 },
  { kind: 14, name: 'user_id', type: 1, words: [0] },
  { kind: 15, name: '.data', count: 1, words: [1, 0, 4] },
  { kind: 16, name: 'double' },
  { kind: 17, name: 'tag', type: 1, words: [0] },
  { kind: 18, name: 'user', type: 1 },
  { kind: 19, name: 'wide', count: 1, words: [1, 0, 0] },
  {
    kind: 'struct',
    name: 'other',
    members: [
      { name: 'ki_res', type: 1, bits: 0 },
      { name: 'user_id', type: 1, bits: 32 },
    ],
  },
];

/** The two structs, as Linux 6.1 has them. */
export const AIO: readonly BtfType[] = [
  {
    kind: 'struct',
    name: 'aio_kiocb',
    members: [
      // Without a name, and not a struct.
      { type: 1, bits: 0 },
      { name: 'ki_ctx', type: 2, bits: 768 },
      { name: 'ki_cancel', type: 2, bits: 832 },
      { name: 'ki_res', type: 1, bits: 896 },
    ],
  },
  {
    kind: 'struct',
    name: 'kioctx',
    hasFlag: true,
    members: [
      { name: 'flag', type: 1, bits: 3, size: 1 },
      { name: 'user_id', type: 1, bits: 320 },
    ],
  },
];
