// The slowest kinds of request of a dump, by SQL; npm install @duckdb/node-api:
//   node examples/duckdb.mjs dump.iocb88 dump.ioev56
import { connect } from 'aioscope/duckdb';

const connection = await connect(process.argv.slice(2));
const slowest = await connection.runAndReadAll(`
  SELECT opcode_name, aio_nbytes, count(*) AS pairs, max(latencyNs) / 1e6 AS ms
  FROM pairs GROUP BY ALL ORDER BY ms DESC LIMIT 3`);
for (const { opcode_name, aio_nbytes, pairs, ms } of slowest.getRowObjects())
  console.log(
    `${opcode_name} of ${aio_nbytes} bytes: ${pairs} pairs, ${ms.toFixed(3)} ms at the most`,
  );
await connection.close();
