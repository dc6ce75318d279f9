// The calls of a trace as columns: records of an envelope only.
import { SCALARS } from '../abi/scalar.ts';
import { withAbsent } from '../layout/absent.ts';
import { parseLayout } from '../layout/layout.ts';
import type { ColumnSource, Schema } from '../layout/schema.ts';
import { Opened } from '../stream/open-source.ts';
import { PARTS } from './part.ts';
import type { Trace } from './trace.ts';

/** What messages call the kind of the records. */
export const CALL = 'call';

/** The schema of calls. Its `kind` has no meaning, and its `record` no bytes. */
function callSchema({ manifest }: Trace): Schema {
  const { layout: text, stride } = PARTS.calls;
  const { envelope } = parseLayout(`${text},record`);
  let columnOffset = 0;
  const columns = envelope.map(({ name, type, byteLength, offset }): ColumnSource => {
    const column = { name, type, byteLength, sourceOffset: offset, columnOffset };
    columnOffset += type === 'char' ? byteLength : SCALARS[type].byteLength;
    return { ...column, inRecord: false, meaning: undefined };
  });
  const absent = manifest.absent.filter(({ kind }) => kind === CALL);
  return {
    kind: 'io_event',
    record: { name: CALL, byteLength: 0, fields: [] },
    layout: { text, payloadOffset: 0, envelopeBytes: stride, envelope },
    endian: manifest.endian,
    stride,
    columns: withAbsent(columns, absent),
  };
}

/** The calls of a trace from their beginning, to be read once; undefined if it has none. */
export function openCalls(trace: Trace): Opened | undefined {
  const bytes = trace.bytes('calls');
  const found = { compression: null, evidence: [], doubt: null };
  return bytes && new Opened(bytes, callSchema(trace), found);
}
