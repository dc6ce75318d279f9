// Finds members of the kernel's structs in BTF, in which the kernel describes its own types.
// Source: include/uapi/linux/btf.h, Documentation/bpf/btf.rst.
import { AioscopeError } from '../errors.ts';

/** Where the kernel has what the probes read, in bytes. */
export interface KernelOffsets {
  /** Of `ki_res`, an io_event, in `struct aio_kiocb`. */
  readonly kiRes: number;
  /** Of `ki_ctx`, a pointer to the AIO context, in `struct aio_kiocb`. */
  readonly kiCtx: number;
  /** Of `user_id`, the ID of the context in user space, in `struct kioctx`. */
  readonly userId: number;
}

const MAGIC = 0xeb9f;
const HEADER_BYTES = 24;
/** Of what every type begins with: a name, its kind with a count, and a size or type. */
const TYPE_BYTES = 12;
const MEMBER_BYTES = 12;
/** Levels of structs in structs: the kernel has a few. */
const DEPTH_MAX = 16;

const KIND = { int: 1, array: 3, struct: 4, union: 5, enum: 6, prototype: 13, variable: 14 };
const MORE = { section: 15, tag: 17, enum64: 19 };
/** Kinds whose types have nothing after the first 12 bytes. */
const PLAIN = [2, 7, 8, 9, 10, 11, 12, 16, 18];

/** The bytes that follow the first 12 of a type, by its kind, for each of what it counts. */
const BYTES_EACH = new Map([
  [KIND.struct, MEMBER_BYTES],
  [KIND.union, MEMBER_BYTES],
  [KIND.enum, 8],
  [KIND.prototype, 8],
  [MORE.section, 12],
  [MORE.enum64, 12],
  ...PLAIN.map((kind) => [kind, 0] as const),
]);

/** The bytes that follow the first 12 of a type, by its kind. */
const BYTES_FIXED = new Map([
  [KIND.int, 4],
  [KIND.array, 12],
  [KIND.variable, 4],
  [MORE.tag, 4],
]);

/** A section of the file, from one offset to another. */
interface Section {
  readonly start: number;
  readonly end: number;
}

/** The types of a kernel. Strings are read only where they are compared. */
class Types {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #isLittle: boolean;
  readonly #file: string;
  readonly #strings: Section;
  /** Where types are, by their number; number 0 is void. */
  readonly #offsets: number[] = [0];

  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#file = file;
    if (bytes.byteLength < HEADER_BYTES) this.#fail('it is too short to be BTF');
    this.#isLittle = this.#view.getUint16(0, true) === MAGIC;
    if (!this.#isLittle && this.#view.getUint16(0, false) !== MAGIC)
      this.#fail('it is not BTF, which /sys/kernel/btf/vmlinux of the kernel has');
    if (bytes[2] !== 1) this.#fail(`it has version ${bytes[2]} of BTF, of which only 1 is known`);
    const types = this.#section(8);
    this.#strings = this.#section(16);
    for (let at = types.start; at < types.end; ) {
      this.#offsets.push(at);
      at = this.#next(at, types.end);
    }
  }

  /**
   * Where a struct has a member, in bytes: its own, or one of a struct or union in it that has no
   * name.
   *
   * @throws AioscopeError `AIOSCOPE_CAPTURE` if there is no such struct or member
   */
  offsetOf(struct: string, member: string): number {
    const type = this.#offsets.findIndex(
      (at, i) => i > 0 && this.#kind(at) === KIND.struct && this.#isNamed(at, struct),
    );
    if (type < 0) this.#fail(`it has no struct ${struct}; is this the BTF of a kernel with AIO?`);
    const bits = this.#bitsOf(type, member, new Set(), DEPTH_MAX);
    if (bits === undefined) this.#fail(`its struct ${struct} has no member ${member}`);
    if (bits % 8 !== 0) this.#fail(`${struct}.${member} does not begin at a byte`);
    return bits / 8;
  }

  /**
   * Where a struct or union has a member, in bits; undefined if it has no such member. Each of
   * those in it is `visited` once: damaged ones may hold themselves.
   */
  #bitsOf(type: number, member: string, visited: Set<number>, depth: number): number | undefined {
    visited.add(type);
    const at = this.#offsets[type];
    const info = this.#word(at + 4);
    // With this flag, the high 8 bits are the size of a bit field.
    const mask = info >>> 31 === 1 ? 0xffffff : 0xffffffff;
    const end = at + TYPE_BYTES + (info & 0xffff) * MEMBER_BYTES;
    for (let each = at + TYPE_BYTES; each < end; each += MEMBER_BYTES) {
      const bits = (this.#word(each + 8) & mask) >>> 0;
      if (this.#isNamed(each, member)) return bits;
      if (this.#word(each) !== 0 || depth === 0) continue;
      const inner = this.#structOf(this.#word(each + 4));
      if (inner === undefined || visited.has(inner)) continue;
      const within = this.#bitsOf(inner, member, visited, depth - 1);
      if (within !== undefined) return bits + within;
    }
    return undefined;
  }

  /** The struct or union that a type is, perhaps a qualified one; undefined if it is neither. */
  #structOf(type: number): number | undefined {
    const isQualifier = (kind: number): boolean => (kind >= 8 && kind <= 11) || kind === 18;
    let inner = type;
    for (let depth = 0; depth < DEPTH_MAX && inner > 0 && inner < this.#offsets.length; depth++) {
      const kind = this.#kind(this.#offsets[inner]);
      if (kind === KIND.struct || kind === KIND.union) return inner;
      if (!isQualifier(kind)) return undefined;
      inner = this.#word(this.#offsets[inner] + 8);
    }
    return undefined;
  }

  /** Whether the name at an offset is this one. */
  #isNamed(at: number, name: string): boolean {
    const start = this.#strings.start + this.#word(at);
    // A zero follows.
    if (start + name.length >= this.#strings.end || this.#bytes[start + name.length] !== 0)
      return false;
    for (let i = 0; i < name.length; i++)
      if (this.#bytes[start + i] !== name.charCodeAt(i)) return false;
    return true;
  }

  /** Where the type after this one begins. */
  #next(at: number, end: number): number {
    if (at + TYPE_BYTES > end) this.#fail('its last type is cut');
    const kind = this.#kind(at);
    const fixed = BYTES_FIXED.get(kind);
    const each = BYTES_EACH.get(kind);
    if (fixed === undefined && each === undefined)
      this.#fail(`type ${this.#offsets.length - 1} is of kind ${kind}, which is not known`);
    const count = this.#word(at + 4) & 0xffff;
    const next = at + TYPE_BYTES + (fixed ?? count * (each ?? 0));
    if (next > end) this.#fail('its last type is cut');
    return next;
  }

  #kind(at: number): number {
    return (this.#word(at + 4) >>> 24) & 31;
  }

  #word(at: number): number {
    return this.#view.getUint32(at, this.#isLittle);
  }

  /** The section whose offset and length are here in the header. */
  #section(at: number): Section {
    const start = this.#word(4) + this.#word(at);
    const end = start + this.#word(at + 4);
    if (this.#word(4) < HEADER_BYTES) this.#fail('its header is damaged');
    const { byteLength } = this.#bytes;
    if (end > byteLength) this.#fail(`it is cut: ${byteLength} bytes of at least ${end}`);
    return { start, end };
  }

  #fail(what: string): never {
    throw new AioscopeError('AIOSCOPE_CAPTURE', `${this.#file}: ${what}`);
  }
}

/**
 * The offsets of what the probes read, from BTF such as `/sys/kernel/btf/vmlinux`.
 *
 * @param file - for messages
 * @throws AioscopeError `AIOSCOPE_CAPTURE` if it is not BTF, is cut, or lacks the structs
 */
export function kernelOffsets(bytes: Uint8Array, file: string): KernelOffsets {
  const types = new Types(bytes, file);
  return {
    kiRes: types.offsetOf('aio_kiocb', 'ki_res'),
    kiCtx: types.offsetOf('aio_kiocb', 'ki_ctx'),
    userId: types.offsetOf('kioctx', 'user_id'),
  };
}
