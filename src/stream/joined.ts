// Several sources of one kind, read one after another as one.
import type { Schema } from '../layout/schema.ts';
import { closeQuietly, readFault } from './fault.ts';
import { commonSchema, type Rewrite, rewriteOf } from './join-format.ts';
import { Opened } from './open-source.ts';
import type { Quality } from './options.ts';
import type { ByteSource, SourcePart, SourceParts } from './source.ts';

/** Bytes of records that are rewritten at a time. */
const REWRITE_BYTES = 2 ** 18;

/** A part: what has been read of it. */
class Part implements SourcePart {
  readonly opened: Opened;
  readonly quality: Quality = { bytes: 0, records: 0, tornBytes: 0, tornOffset: null };
  readonly #rewrite: Rewrite | undefined;
  readonly #stride: number;
  /** The bytes of a record that the last read has torn, or a block of records to rewrite. */
  readonly #rest: Uint8Array;
  #kept = 0;
  #bytes: ByteSource | undefined;

  constructor(opened: Opened, common: Schema) {
    this.opened = opened;
    this.#rewrite = rewriteOf(opened.schema, common);
    this.#stride = common.stride;
    const { stride } = opened.schema;
    const records = this.#rewrite ? Math.max(1, Math.floor(REWRITE_BYTES / stride)) : 1;
    this.#rest = new Uint8Array(records * stride);
  }

  get name(): string {
    return this.opened.name;
  }

  get schema(): Schema {
    return this.opened.schema;
  }

  get offset(): number {
    return this.opened.offset;
  }

  /** Bytes of its whole records as they are read; undefined if that is not known. */
  get byteLength(): number | undefined {
    const { length, schema } = this.opened;
    return length === undefined ? undefined : Math.floor(length / schema.stride) * this.#stride;
  }

  /** Reads whole records into the beginning of `target`. Returns their bytes, 0 at the end. */
  async read(target: Uint8Array): Promise<number> {
    this.#bytes ??= this.opened.take();
    return this.#rewrite ? this.#readRewritten(target, this.#rewrite) : this.#readPlain(target);
  }

  async #readPlain(target: Uint8Array): Promise<number> {
    const stride = this.#stride;
    target.set(this.#rest.subarray(0, this.#kept));
    let filled = this.#kept;
    this.#kept = 0;
    while (filled < stride) {
      const read = await this.#fill(target.subarray(filled));
      if (read === 0) return this.#end(filled);
      filled += read;
    }
    this.#kept = filled % stride;
    this.#rest.set(target.subarray(filled - this.#kept, filled));
    this.quality.records += (filled - this.#kept) / stride;
    return filled - this.#kept;
  }

  async #readRewritten(target: Uint8Array, rewrite: Rewrite): Promise<number> {
    const { stride } = this.schema;
    const rest = this.#rest;
    const most = Math.floor(target.byteLength / this.#stride) * stride;
    while (this.#kept < stride) {
      const read = await this.#fill(rest.subarray(this.#kept, Math.min(rest.length, most)));
      if (read === 0) return this.#end(this.#kept);
      this.#kept += read;
    }
    const records = Math.floor(this.#kept / stride);
    rewrite(rest, records, target);
    rest.copyWithin(0, records * stride, this.#kept);
    this.#kept -= records * stride;
    this.quality.records += records;
    return records * this.#stride;
  }

  /** Counts the bytes at the end that are not a record: they are not those of the next part. */
  #end(tornBytes: number): number {
    this.#kept = 0;
    if (tornBytes > 0) {
      this.quality.tornBytes = tornBytes;
      this.quality.tornOffset = this.opened.offset + this.quality.bytes - tornBytes;
    }
    return 0;
  }

  /** Reads bytes. An error names the part, and the place in it. */
  async #fill(target: Uint8Array): Promise<number> {
    try {
      const read = (await this.#bytes?.read(target)) ?? 0;
      this.quality.bytes += read;
      return read;
    } catch (error) {
      throw readFault(this.name, this.opened.offset + this.quality.bytes, error);
    }
  }

  close(): void | Promise<void> {
    return this.opened.close();
  }
}

/** Parts as one source of bytes: their whole records, in one format. */
class JoinedSource implements ByteSource, SourceParts {
  readonly name: string;
  readonly all: readonly Part[];
  #at = 0;

  constructor(parts: readonly Part[]) {
    this.all = parts;
    this.name = `${parts[0].name} and ${parts.length - 1} more`;
  }

  get parts(): SourceParts {
    return this;
  }

  get byteLength(): number | undefined {
    const lengths = this.all.map(({ byteLength }) => byteLength);
    return lengths.reduce(
      (sum, each) => (sum === undefined || each === undefined ? undefined : sum + each),
      0,
    );
  }

  get quality(): Quality {
    const sum = (of: 'bytes' | 'records' | 'tornBytes') =>
      this.all.reduce((total, { quality }) => total + quality[of], 0);
    const [bytes, records, tornBytes] = [sum('bytes'), sum('records'), sum('tornBytes')];
    return { bytes, records, tornBytes, tornOffset: null };
  }

  async read(target: Uint8Array): Promise<number> {
    if (target.byteLength === 0) return 0;
    for (; this.#at < this.all.length; this.#at++) {
      const part = this.all[this.#at];
      const read = await part.read(target);
      if (read > 0) return read;
      // Not earlier than at its end: thousands of parts are not open at the same time.
      await part.close();
    }
    return 0;
  }

  place(index: number): { readonly file: string; readonly fileIndex: number } {
    let fileIndex = index;
    for (const { name, quality } of this.all) {
      if (fileIndex < quality.records) return { file: name, fileIndex };
      fileIndex -= quality.records;
    }
    return { file: this.name, fileIndex };
  }

  async close(): Promise<void> {
    for (const part of this.all.slice(this.#at)) await closeQuietly(part);
  }
}

/**
 * Joins sources of one kind: they are read in this order as one, whose records are those of all.
 * Parts of another layout or byte order are rewritten as they are read, with the fields that
 * analyses use and that all parts have. Bytes at the end of a part that are not a record are
 * counted there, and left out.
 */
export function joinSources(opened: readonly Opened[]): Opened {
  const schema = commonSchema(opened.map((each) => each.schema));
  const join = (sources: readonly Opened[]): Opened =>
    new Opened(
      new JoinedSource(sources.map((each) => new Part(each, schema))),
      schema,
      undefined,
      () => {
        const again = sources.map((each) => each.reopen());
        const known = again.flatMap((each) => each ?? []);
        return known.length === again.length ? join(known) : undefined;
      },
    );
  return join(opened);
}
