import { SCALARS, type ScalarType } from '../abi/scalar.ts';
import { AioscopeError } from '../errors.ts';
import { PRESETS } from './preset.ts';

/** A field of the envelope: a scalar, or `charN`, N bytes of text padded with NUL. */
export interface EnvelopeField {
  readonly name: string;
  /** Bytes from the start of the envelope, the record not counted. */
  readonly offset: number;
  /** Whether the field lies behind the record, and so as many bytes further on. */
  readonly afterRecord: boolean;
  readonly type: ScalarType | 'char';
  readonly byteLength: number;
}

/** How records lie in a file: an optional envelope around each, nothing between. */
export interface Layout {
  /** The field list, as it was given or as its preset spells it. */
  readonly text: string;
  /** Bytes of the envelope before the record. */
  readonly payloadOffset: number;
  /** Bytes of the envelope, before and after the record. */
  readonly envelopeBytes: number;
  readonly envelope: readonly EnvelopeField[];
}

/** No envelope may be longer: a record with its envelope has to fit the reader's memory many times over. */
const ENVELOPE_BYTES_MAX = 4096;

/** Names that records, rows and objects need for themselves. */
const RESERVED = ['record', 'index', 'offset', 'slot', 'state', '__proto__'];

const GRAMMAR =
  'a layout is a comma-separated list of name:type fields around one `record`, such as ' +
  `${PRESETS.traced}; types are u8 i8 u16 i16 u32 i32 u64 i64 charN, and pad:N skips N bytes`;

function bad(text: string, what: string): never {
  throw new AioscopeError('AIOSCOPE_LAYOUT', `layout '${text}': ${what}; ${GRAMMAR}`);
}

/** Bytes of a `charN` or `pad:N` count, or 0 where the text is no whole number above 0. */
const byteCount = (digits: string): number => (/^[1-9]\d{0,4}$/.test(digits) ? Number(digits) : 0);

function parseType(
  text: string,
  item: string,
  type: string,
): { type: ScalarType | 'char'; byteLength: number } {
  if (Object.hasOwn(SCALARS, type))
    return { type: type as ScalarType, byteLength: SCALARS[type as ScalarType].byteLength };
  const chars = type.startsWith('char') ? byteCount(type.slice(4)) : 0;
  if (chars === 0) bad(text, `'${item}' has no such type`);
  return { type: 'char', byteLength: chars };
}

/**
 * Read a layout: the name of a preset (`traced`) or a field list (`ts:u64,pid:u32,record`). Stride and payload offset
 * follow from the list; nothing is aligned or padded unless `pad:N` says so.
 *
 * @throws AioscopeError `AIOSCOPE_PRESET` for a single word that names no preset, `AIOSCOPE_LAYOUT` for a list that makes no sense
 */
export function parseLayout(nameOrList: string): Layout {
  const given = nameOrList.replace(/\s+/g, '');
  const text: string = Object.hasOwn(PRESETS, given)
    ? PRESETS[given as keyof typeof PRESETS]
    : given;
  if (text !== 'record' && /^[\w-]+$/.test(text)) {
    throw new AioscopeError(
      'AIOSCOPE_PRESET',
      `layout '${text}': no such preset; presets are ${Object.keys(PRESETS).join(', ')}, and ${GRAMMAR}`,
    );
  }
  const envelope: EnvelopeField[] = [];
  let offset = 0;
  let payloadOffset = -1;
  for (const item of text.split(',')) {
    if (item === 'record') {
      if (payloadOffset >= 0) bad(text, '`record` stands twice');
      payloadOffset = offset;
      continue;
    }
    const [, name = '', type = ''] =
      /^([A-Za-z_]\w*):(\w+)$/.exec(item) ?? bad(text, `'${item}' is no field`);
    if (name === 'pad') {
      offset += byteCount(type) || bad(text, `'${item}' skips no number of bytes`);
      continue;
    }
    if (RESERVED.includes(name)) bad(text, `'${name}' cannot be a field's name`);
    if (envelope.some((field) => field.name === name)) bad(text, `'${name}' stands twice`);
    const field = { name, offset, afterRecord: payloadOffset >= 0, ...parseType(text, item, type) };
    envelope.push(field);
    offset += field.byteLength;
  }
  if (payloadOffset < 0) bad(text, '`record` is missing');
  if (offset > ENVELOPE_BYTES_MAX)
    bad(text, `its envelope has ${offset} bytes, and ${ENVELOPE_BYTES_MAX} are the most`);
  return { text, payloadOffset, envelopeBytes: offset, envelope };
}
