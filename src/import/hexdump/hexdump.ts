import type { RecordKind } from '../../abi/record.ts';
import { decode } from '../../stream/decode.ts';
import type { TraceBuilder } from '../../trace/builder.ts';
import type { LineOutcome, LineParser, LogFormat, ParserContext } from '../format.ts';
import { RecordTaker, type Row } from '../rows/record-taker.ts';
import { BLOCK, Dump } from './dump.ts';
import { type Guessed, guessOf } from './guess.ts';
import { hexLineOf, reversed } from './hex-line.ts';

/** Bytes that are taken at once when it is known what they are. */
const TAKEN = 2 ** 16;
/** The size of every struct is a multiple of this. */
const STRUCT_BYTES = 32;

class HexDumpParser implements LineParser {
  readonly #builder: TraceBuilder;
  readonly #kind: RecordKind | undefined;
  readonly #takers = new Map<string, RecordTaker>();
  #dump = new Dump();
  /** What the bytes of this dump are, once there were enough of them. */
  #guessed: (Guessed & { readonly isNumbers: boolean }) | undefined;

  constructor(builder: TraceBuilder, { kind }: ParserContext) {
    this.#builder = builder;
    this.#kind = kind;
    builder.keepOrder();
  }

  line(line: string): LineOutcome {
    if (line.trim() === '*') {
      this.#dump.repeat();
      return 'ignored';
    }
    const found = hexLineOf(line, this.#dump.last);
    if (found === undefined) return 'ignored';
    if (!this.#dump.follows(found) && this.#dump.length % STRUCT_BYTES !== 0) this.#finish();
    this.#dump.add(found);
    if (this.#dump.length >= (this.#guessed === undefined ? BLOCK : TAKEN)) this.#take();
    return found.bytes.byteLength === 0 ? 'ignored' : 'used';
  }

  end(): void {
    this.#finish();
    for (const taker of this.#takers.values()) taker.end();
  }

  #finish(): void {
    this.#take();
    if (this.#dump.length > 0)
      this.#builder.drop('bytes that make no whole record', this.#dump.length);
    this.#dump = new Dump();
    this.#guessed = undefined;
  }

  /** Takes the whole records that there are. */
  #take(): void {
    const { bytes, unit = 0, address } = this.#dump;
    if (bytes.byteLength === 0) return;
    const numbers = unit > 0 && bytes.byteLength % unit === 0 ? reversed(bytes, unit) : undefined;
    this.#guessed ??= this.#guess(bytes, numbers);
    const { format, isSure, isNumbers } = this.#guessed;
    const batch = decode(isNumbers && numbers !== undefined ? numbers : bytes, format);
    const { kind, layout = 'record', endian = 'little' } = format;
    const columns = batch.schema.columns.map(({ name }) => name);
    const hasAddress = kind === 'iocb' && address !== undefined && !columns.includes('addr');
    const taker = this.#takerOf(
      kind === 'iocb' ? 'iocb' : 'io_event',
      hasAddress ? [...columns, 'addr'] : columns,
    );
    const { stride } = batch.schema;
    for (let i = 0; i < batch.length; i++) {
      const row = Object.assign(batch.at(i) ?? {}, { state: batch.stateOf(i) }) as unknown as Row;
      taker.take(row, hasAddress ? address + BigInt(i * stride) : 0n);
      if (!isSure && this.#kind === undefined)
        this.#builder.presume(`records to be ${kind}, ${endian}-endian, ${layout}`);
    }
    this.#dump.remove(kind === 'aio_ring' ? bytes.byteLength : batch.length * stride);
  }

  /** What the bytes are, in the order of the digits or as numbers, whichever fits better. */
  #guess(bytes: Uint8Array, numbers: Uint8Array | undefined) {
    const asBytes = { ...guessOf(bytes, this.#kind), isNumbers: false };
    if (numbers === undefined) return asBytes;
    const asNumbers = { ...guessOf(numbers, this.#kind), isNumbers: true };
    return asNumbers.score > asBytes.score ? asNumbers : asBytes;
  }

  #takerOf(kind: RecordKind, columns: readonly string[]): RecordTaker {
    const key = `${kind} ${columns.join()}`;
    const taker = this.#takers.get(key) ?? new RecordTaker(this.#builder, kind, columns);
    this.#takers.set(key, taker);
    return taker;
  }
}

/** Hex dumps of xxd, hexdump, od and gdb, and bytes in lines of text. */
export const hexdump: LogFormat = {
  name: 'hexdump',
  parser: (builder, _file, context) => new HexDumpParser(builder, context),
};
