/**
 * One field of a table: its type, and its value or the place of its target; undefined if absent.
 */
export type TableField =
  | readonly [type: 'u8' | 'i16' | 'i32' | 'i64' | 'ref', value: number]
  | undefined;

const WIDTHS = { u8: 1, i16: 2, i32: 4, i64: 8, ref: 4 } as const;

/**
 * Writes a FlatBuffer, back to front: an object is written before any reference to it. Places count
 * from the end. Covers the part of the format that Arrow's messages use.
 * Source: https://flatbuffers.dev/internals.
 */
export class FlatBuffer {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /**
   * Makes room for `bytes` that begin at a multiple of `align`, with room for `behind` more after
   * them.
   */
  #place(align: number, bytes: number, behind = 0): number {
    const padding = (align - ((this.#length + behind + bytes) % align)) % align;
    const needed = this.#length + padding + behind + bytes + 8;
    if (needed > this.#bytes.byteLength) {
      const grown = new Uint8Array(2 ** Math.ceil(Math.log2(needed)));
      grown.set(this.#bytes, grown.byteLength - this.#bytes.byteLength);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#length += padding;
    this.#length += bytes;
    return this.#bytes.byteLength - this.#length;
  }

  #put(type: keyof typeof WIDTHS, value: number): void {
    const at = this.#place(WIDTHS[type], WIDTHS[type]);
    if (type === 'u8') this.#view.setUint8(at, value);
    else if (type === 'i16') this.#view.setInt16(at, value, true);
    else if (type === 'i32') this.#view.setInt32(at, value, true);
    else if (type === 'ref') this.#view.setInt32(at, this.#length - value, true);
    else this.#view.setBigInt64(at, BigInt(value), true);
  }

  /** Writes a string and returns its place. */
  string(text: string): number {
    const bytes = new TextEncoder().encode(text);
    // The length precedes it, aligned to four, and a NUL follows it.
    const at = this.#place(4, bytes.byteLength + 1);
    this.#bytes.fill(0, at + bytes.byteLength, at + bytes.byteLength + 1);
    this.#bytes.set(bytes, at);
    this.#put('i32', bytes.byteLength);
    return this.#length;
  }

  /** Writes a vector of references and returns its place. */
  refs(places: readonly number[]): number {
    this.#place(4, 0);
    for (const place of [...places].reverse()) this.#put('ref', place);
    this.#put('i32', places.length);
    return this.#length;
  }

  /** Writes a vector of structs of 64-bit words and returns its place. */
  structs(words: readonly number[], wordsEach: number): number {
    this.#place(8, 0, 8 * words.length);
    for (const word of [...words].reverse()) this.#put('i64', word);
    this.#put('i32', words.length / wordsEach);
    return this.#length;
  }

  /** Writes a table and returns its place. */
  table(...fields: readonly TableField[]): number {
    const begin = this.#length;
    const places = fields.map(() => 0);
    for (let i = fields.length - 1; i >= 0; i--) {
      const field = fields[i];
      if (field === undefined) continue;
      this.#put(...field);
      places[i] = this.#length;
    }
    this.#put('i32', 0);
    const table = this.#length;
    for (const place of places.reverse()) this.#put('i16', place === 0 ? 0 : table - place);
    this.#put('i16', table - begin);
    this.#put('i16', 4 + 2 * fields.length);
    this.#view.setInt32(this.#bytes.byteLength - table, this.#length - table, true);
    return table;
  }

  /** Returns the finished buffer with this root table. Its length is a multiple of eight. */
  finish(root: number): Uint8Array {
    this.#place(8, 0, 4);
    this.#put('ref', root);
    return this.#bytes.subarray(this.#bytes.byteLength - this.#length);
  }
}
