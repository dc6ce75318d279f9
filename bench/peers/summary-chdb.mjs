// The statistics of a summary with ClickHouse in this process, over RowBinary, which a bare dump is: summary-chdb.mjs io_event|iocb FILE THREADS
import { query } from 'chdb';
import { iocb, ioEvent } from '../../dist/abi/index.js';

const [kind, file, threads] = process.argv.slice(2);
const TYPES = {
  u16: 'UInt16',
  i16: 'Int16',
  u32: 'UInt32',
  i32: 'Int32',
  u64: 'UInt64',
  i64: 'Int64',
};
const fields = (kind === 'iocb' ? iocb : ioEvent).fields.map(({ name, type }) => ({
  name,
  type: TYPES[type],
}));

/** A value's bit length; exact up to 2^48, and the dumps have none beyond. */
const bits = (name) => `if(${name} = 0, 0, toInt64(floor(log2(${name}))) + 1)`;
const keys = {
  io_event: `if(res < 0, res, 0) AS key, if(res < 0, 0, ${bits('res')}) AS bucket`,
  iocb: `aio_lio_opcode AS key, ${bits('aio_nbytes')} AS bucket`,
};
const wide = ({ name, type }) => `sum(to${type.replace(/\d+/, '128')}(${name}))`;
const statistics = fields.flatMap((field) => [
  `min(${field.name})`,
  `max(${field.name})`,
  wide(field),
]);
const sql = `SELECT ${keys[kind]}, count(), ${statistics.map((sum) => `toString(${sum})`).join(', ')}
FROM file('${file}', 'RowBinary', '${fields.map(({ name, type }) => `${name} ${type}`).join(', ')}')
GROUP BY key, bucket SETTINGS max_threads = ${threads}, output_format_json_quote_64bit_integers = 0`;

const groups = JSON.parse(query(sql, 'JSONCompact')).data.map(([key, bucket, count, ...texts]) => {
  const values = texts.map(BigInt);
  return {
    key,
    bucket,
    count,
    stats: fields.map(({ name }, i) => ({
      name,
      min: values[3 * i],
      max: values[3 * i + 1],
      sum: values[3 * i + 2],
    })),
  };
});

const total = (some) => some.reduce((sum, { count }) => sum + count, 0);
const sum = (some, column) => some.reduce((all, { stats }) => all + stats[column].sum, 0n);
const extreme = (column, which, less) =>
  groups.map(({ stats }) => stats[column][which]).reduce((a, b) => (less(b, a) ? b : a));
const keysOf = (some) => [...new Set(some.map(({ key }) => key))].sort((a, b) => a - b);

function buckets(some) {
  const counts = Array(65).fill(0);
  for (const { bucket, count } of some) counts[bucket] += count;
  return counts
    .map((count, bits) => ({ from: String(bits === 0 ? 0 : 2n ** BigInt(bits - 1)), count }))
    .filter(({ count }) => count > 0);
}

const columns = fields.map(({ name }, i) => [
  name,
  {
    min: String(extreme(i, 'min', (a, b) => a < b)),
    max: String(extreme(i, 'max', (a, b) => a > b)),
    sum: String(sum(groups, i)),
  },
]);
const answer = { records: total(groups), columns: Object.fromEntries(columns) };
const of = (...opcodes) => groups.filter(({ key }) => opcodes.includes(key));
if (kind === 'iocb') {
  const nbytes = fields.findIndex(({ name }) => name === 'aio_nbytes');
  answer.opcodes = keysOf(groups).map((opcode) => ({
    opcode,
    count: total(of(opcode)),
    nbytes: String(sum(of(opcode), nbytes)),
  }));
  Object.assign(answer, { sizes: buckets(of(0, 1)), iovecs: buckets(of(7, 8)) });
} else {
  const errors = groups.filter(({ key }) => key < 0).sort((a, b) => b.key - a.key);
  answer.errors = errors.map(({ key, count }) => ({ errno: -key, count }));
  answer.sizes = buckets(groups.filter(({ key }) => key >= 0));
}
console.log(JSON.stringify(answer));
