import { SCALARS, type ScalarType } from '../abi/scalar.ts';
import { AioscopeError, excerpt } from '../errors.ts';
import { PRESETS } from './preset.ts';

/** A field of the envelope: a scalar, or `charN`, which is N bytes of text padded with NUL. */
export interface EnvelopeField {
  readonly name: string;
  /** Bytes from the start of the envelope, not counting the record. */
  readonly offset: number;
  /** Whether the field comes after the record, which shifts it by the size of the record. */
  readonly afterRecord: boolean;
  readonly type: ScalarType | 'char';
  readonly byteLength: number;
}

/** The layout of the records in a file: packed, each optionally in an envelope. */
export interface Layout {
  /** The field list, as given or as defined by the preset. */
  readonly text: string;
  /** Bytes of the envelope before the record. */
  readonly payloadOffset: number;
  /** Bytes of the envelope, before and after the record. */
  readonly envelopeBytes: number;
  readonly envelope: readonly EnvelopeField[];
}

/** The longest envelope: the reader's memory has to hold many records with their envelopes. */
const ENVELOPE_BYTES_MAX = 4096;

/** Names with a meaning in records, rows and objects. */
const RESERVED = ['record', 'index', 'offset', 'slot', 'state', '__proto__'];

const GRAMMAR =
  'a layout is a comma-separated list of name:type fields around one `record`, such as ' +
  `${PRESETS.traced}; types are u8 i8 u16 i16 u32 i32 u64 i64 charN; pad:N skips N bytes`;

function bad(text: string, what: string): never {
  throw new AioscopeError('AIOSCOPE_LAYOUT', `layout '${excerpt(text)}': ${what}; ${GRAMMAR}`);
}

/** The count of a `charN` or `pad:N`, or 0 if it is not a positive whole number. */
const byteCount = (digits: string): number => (/^[1-9]\d{0,4}$/.test(digits) ? Number(digits) : 0);

function parseType(
  text: string,
  item: string,
  type: string,
): { type: ScalarType | 'char'; byteLength: number } {
  if (Object.hasOwn(SCALARS, type))
    return { type: type as ScalarType, byteLength: SCALARS[type as ScalarType].byteLength };
  const chars = type.startsWith('char') ? byteCount(type.slice(4)) : 0;
  if (chars === 0) bad(text, `'${excerpt(item)}' has an unknown type`);
  return { type: 'char', byteLength: chars };
}

/**
 * Parses a layout: the name of a preset (`traced`) or a field list (`ts:u64,pid:u32,record`).
 * Stride and payload offset follow from the list. Nothing is aligned or padded except by `pad:N`.
 *
 * @throws AioscopeError `AIOSCOPE_PRESET` for a single word that is not a preset, `AIOSCOPE_LAYOUT`
 *   for an invalid list
 */
export function parseLayout(nameOrList: string): Layout {
  const given = nameOrList.replace(/\s+/g, '');
  const text: string = Object.hasOwn(PRESETS, given)
    ? PRESETS[given as keyof typeof PRESETS]
    : given;
  if (text !== 'record' && /^[\w-]+$/.test(text)) {
    throw new AioscopeError(
      'AIOSCOPE_PRESET',
      `layout '${excerpt(text)}': no such preset; ` +
        `presets are ${Object.keys(PRESETS).join(', ')}; ${GRAMMAR}`,
    );
  }
  const envelope: EnvelopeField[] = [];
  const names = new Set<string>();
  let offset = 0;
  let payloadOffset = -1;
  for (const item of text.split(',')) {
    if (item === 'record') {
      if (payloadOffset >= 0) bad(text, '`record` occurs twice');
      payloadOffset = offset;
      continue;
    }
    const [, name = '', type = ''] =
      /^([A-Za-z_]\w*):(\w+)$/.exec(item) ?? bad(text, `'${excerpt(item)}' is not a field`);
    if (name === 'pad') {
      offset += byteCount(type) || bad(text, `'${excerpt(item)}' does not skip a number of bytes`);
      continue;
    }
    if (RESERVED.includes(name)) bad(text, `'${name}' is a reserved name`);
    if (names.has(name)) bad(text, `'${excerpt(name)}' occurs twice`);
    names.add(name);
    const field = { name, offset, afterRecord: payloadOffset >= 0, ...parseType(text, item, type) };
    envelope.push(field);
    offset += field.byteLength;
  }
  if (payloadOffset < 0) bad(text, '`record` is missing');
  if (offset > ENVELOPE_BYTES_MAX)
    bad(text, `its envelope has ${offset} bytes; the maximum is ${ENVELOPE_BYTES_MAX}`);
  return { text, payloadOffset, envelopeBytes: offset, envelope };
}
