// binary-parser, as its manual has an array of structs.
import { Parser } from 'binary-parser';

const METHODS = {
  u16: 'uint16le',
  i16: 'int16le',
  u32: 'uint32le',
  u64: 'uint64le',
  i64: 'int64le',
};

export function makeParser({ fields }) {
  const record = fields.reduce(
    (parser, { name, type }) => parser[METHODS[type]](name),
    new Parser(),
  );
  const parser = new Parser().array('records', { type: record, readUntil: 'eof' });
  return (bytes) => parser.parse(bytes).records;
}
