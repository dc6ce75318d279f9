// The bytes that a line of a hex dump shows.

/** How the digits of a group are ordered: as the bytes are, as a number, or one of both. */
type GroupOrder = 'bytes' | 'number' | 'either';

/** A line of a hex dump. */
export interface HexLine {
  /** The digits before the bytes; undefined if there are none. */
  readonly offset: string | undefined;
  /** The address of the first byte, as gdb prints it. */
  readonly address: bigint | undefined;
  /** The bytes, in the order of the digits. */
  readonly bytes: Uint8Array;
  /** Bytes per group. */
  readonly unit: number;
  readonly order: GroupOrder;
}

/** gdb: an address, a symbol and words; lldb: an address and bytes. */
const DEBUGGER = /^\s*(0x[\da-f]+)(?: <[^>]*>)?:\s+(.*)$/i;
/** xxd: an offset and a colon, groups with a blank between them, two blanks and characters. */
const XXD = /^([\da-f]{6,16}): {1,2}((?:[\da-f]{2,32} )*[\da-f]{2,32})(?: {2}.*| ?)$/i;
/** hexdump and od: an offset without a colon. */
const PLAIN = /^([\da-f]{6,16})((?: {1,8}[\da-f]{2,16})*)\s*(?:\|.*\||>.*<)?$/i;
/** od without offsets, and xxd -p. */
const BARE = /^\s*([\da-f]{2,}(?: +[\da-f]{2,})*)\s*$/i;
/** In a line of text: bytes, bytes as C has them, or one long text of digits. */
const RUNS: readonly RegExp[] = [
  /(?<![\w.])((?:[\da-f]{2} +){7,}[\da-f]{2})(?!\w)/i,
  /((?:0x[\da-f]{2}, *){3,}0x[\da-f]{2}|^ *(?:0x[\da-f]{2},? *)+)/i,
  /((?:\\x[\da-f]{2}){8,})/i,
  /(?<!\w)(?:0x)?((?:[\da-f]{2}){16,})(?!\w)/i,
];

function bytesOf(groups: readonly string[]): Uint8Array {
  const digits = groups.join('');
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.byteLength; i++)
    bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** Where the bytes of a line are. */
interface Position {
  readonly offset?: string;
  readonly address?: bigint;
}

/** A line of groups that have as many digits each, an even number; undefined for anything else. */
function lineOf(
  groups: readonly string[],
  order: GroupOrder,
  { offset, address }: Position = {},
): HexLine | undefined {
  const digits = groups[0]?.length ?? 0;
  // The last group of xxd may be shorter, unless it is a number.
  const isEven = groups.every(
    ({ length }, i) =>
      length % 2 === 0 && (length === digits || (order !== 'number' && i === groups.length - 1)),
  );
  if (!isEven) return undefined;
  const unit = digits / 2;
  // What is spread into a line would survive collections of garbage.
  const bytes = bytesOf(groups);
  return { offset, address, bytes, unit, order: unit === 1 ? 'bytes' : order };
}

function debuggerLine(address: string, rest: string): HexLine | undefined {
  const at = { address: BigInt(address) };
  const words = rest.trim().split(/\s+/);
  if (words.every((word) => /^0x[\da-f]+$/i.test(word))) {
    const digits = words.map((word) => word.slice(2));
    return lineOf(digits, 'number', at);
  }
  const [bytes] = /^(?:[\da-f]{2} )*[\da-f]{2}(?!\w)/i.exec(rest) ?? [];
  return bytes === undefined ? undefined : lineOf(bytes.split(' '), 'bytes', at);
}

/** The bytes of a line that comes after another; undefined if it shows none. */
export function hexLineOf(line: string, last: HexLine | undefined): HexLine | undefined {
  const debugged = DEBUGGER.exec(line);
  if (debugged !== null) return debuggerLine(debugged[1], debugged[2]);
  const xxd = XXD.exec(line);
  if (xxd !== null) {
    const groups = xxd[2].split(' ');
    // Groups of four bytes and more are numbers with -e, and bytes with -g.
    const order = groups[0].length > 4 ? 'either' : 'bytes';
    return lineOf(groups, order, { offset: xxd[1] });
  }
  const plain = PLAIN.exec(line);
  if (plain !== null && (plain[2] !== '' || last?.offset !== undefined)) {
    const groups = plain[2].trim().split(/ +/);
    return lineOf(groups[0] === '' ? [] : groups, 'number', { offset: plain[1] });
  }
  const bare = BARE.exec(line)?.[1].split(/ +/);
  // The last line of xxd -p may be short.
  const isLast = last !== undefined && last.unit === last.bytes.byteLength;
  if (bare !== undefined && (bare.length > 1 || bare[0].length >= 8 || isLast))
    return lineOf(bare, bare.length > 1 ? 'number' : 'bytes');
  for (const run of RUNS) {
    const digits = run.exec(line)?.[1].replace(/\\x|0x|[\s,]/gi, '');
    if (digits) return lineOf(digits.match(/../g) ?? [], 'bytes');
  }
  return undefined;
}

/** Reverses the bytes of every group. */
export function reversed(bytes: Uint8Array, unit: number): Uint8Array {
  const numbers = new Uint8Array(bytes);
  for (let at = 0; at < bytes.byteLength; at += unit) numbers.subarray(at, at + unit).reverse();
  return numbers;
}
