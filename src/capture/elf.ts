// Finds a function in a shared library: where a uprobe has to be set.
import { AioscopeError } from '../errors.ts';

const ELF_MAGIC = 0x464c457f;
const CLASS_64 = 2;
const LITTLE = 1;
const PT_LOAD = 1;
const SHT_DYNSYM = 11;
const SYMBOL_BYTES = 24;
/** The type of a symbol that is a function. */
const STT_FUNC = 2;

/** Reads a field of a table entry. */
const wide = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));

/** A function's name at `at` in the table of names. */
function nameAt(bytes: Uint8Array, at: number): string {
  const end = bytes.indexOf(0, at);
  return new TextDecoder('latin1').decode(bytes.subarray(at, end < 0 ? bytes.length : end));
}

/** The address of a function in the dynamic symbols; undefined if it is not among them. */
function addressOf(bytes: Uint8Array, view: DataView, name: string): number | undefined {
  const [sections, entryBytes, count] = [
    wide(view, 40),
    view.getUint16(58, true),
    view.getUint16(60, true),
  ];
  const section = (i: number): number => sections + i * entryBytes;
  for (let i = 0; i < count; i++) {
    const at = section(i);
    if (view.getUint32(at + 4, true) !== SHT_DYNSYM) continue;
    const [begin, size, names] = [
      wide(view, at + 24),
      wide(view, at + 32),
      view.getUint32(at + 40, true),
    ];
    const texts = wide(view, section(names) + 24);
    for (let symbol = begin; symbol < begin + size; symbol += SYMBOL_BYTES)
      if (
        (view.getUint8(symbol + 4) & 15) === STT_FUNC &&
        view.getUint16(symbol + 6, true) !== 0 &&
        nameAt(bytes, texts + view.getUint32(symbol, true)) === name
      )
        return wide(view, symbol + 8);
  }
  return undefined;
}

/** Where an address of a loaded file lies in the file; undefined if it is not loaded from it. */
function fileOffset(view: DataView, address: number): number | undefined {
  const [headers, entryBytes, count] = [
    wide(view, 32),
    view.getUint16(54, true),
    view.getUint16(56, true),
  ];
  for (let i = 0; i < count; i++) {
    const at = headers + i * entryBytes;
    if (view.getUint32(at, true) !== PT_LOAD) continue;
    const [offset, begin, size] = [wide(view, at + 8), wide(view, at + 16), wide(view, at + 32)];
    if (address >= begin && address < begin + size) return offset + address - begin;
  }
  return undefined;
}

/**
 * The offset in a shared library of a function that it exports; undefined if it exports none of
 * this name. Source: the ELF specification, of 64-bit little-endian files.
 *
 * @throws AioscopeError `AIOSCOPE_CAPTURE` if the bytes are no such file
 */
export function functionOffset(bytes: Uint8Array, file: string, name: string): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isElf =
    bytes.byteLength >= 64 &&
    view.getUint32(0, true) === ELF_MAGIC &&
    view.getUint8(4) === CLASS_64 &&
    view.getUint8(5) === LITTLE;
  if (!isElf)
    throw new AioscopeError(
      'AIOSCOPE_CAPTURE',
      `${file}: not a shared library of a 64-bit little-endian machine (ELF)`,
    );
  try {
    const address = addressOf(bytes, view, name);
    return address === undefined ? undefined : fileOffset(view, address);
  } catch (cause) {
    // A table that lies beyond the end of the file.
    throw new AioscopeError('AIOSCOPE_CAPTURE', `${file}: its ELF tables are damaged`, { cause });
  }
}
