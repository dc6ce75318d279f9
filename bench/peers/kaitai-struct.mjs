// kaitai-struct: a parser that its own compiler makes. It rounds 64-bit values beyond 2^53; the inputs have none.
import { createRequire } from 'node:module';
import KaitaiStream from 'kaitai-struct/KaitaiStream.js';
import compiler from 'kaitai-struct-compiler';

const TYPES = { u16: 'u2', i16: 's2', u32: 'u4', u64: 'u8', i64: 's8' };

/** Its compiler names fields so. */
export const keyOf = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());

export async function makeParser({ fields }) {
  const records = { seq: fields.map(({ name, type }) => ({ id: name, type: TYPES[type] })) };
  const dump = {
    meta: { id: 'dump', endian: 'le' },
    seq: [{ id: 'records', type: 'entry', repeat: 'eos' }],
    types: { entry: records },
  };
  const { 'Dump.js': source } = await compiler.compile('javascript', dump, null, false);
  const module = {};
  new Function('exports', 'require', source)(module, createRequire(import.meta.url));
  return (bytes) => new module.Dump(new KaitaiStream(bytes.buffer, bytes.byteOffset)).records;
}
