import { type BenchResults, renderTables } from '../bench/table.mjs';
import {
  ERRNO_SLOTS,
  LENGTH_BUCKETS,
  REQUEST_FDS,
  REQUEST_OPCODES,
  RESULT_SLOTS,
  requests,
  SIZE_BUCKETS,
  tally,
} from '../src/engine/tally.ts';
import {
  aioRing,
  type Flag,
  GVISOR_FIELDS,
  IOCB_FLAGS,
  iocb,
  ioEvent,
  OPCODES,
  POLL_FLAGS,
  PRESETS,
  type RecordLayout,
  RWF_FLAGS,
} from '../src/index.ts';

const struct = ({ name, byteLength, fields }: RecordLayout): string => `
/** \`struct ${name}\`, ${byteLength} bytes. */
@unmanaged
export class ${name} {
${fields.map((field) => `  ${field.name}: ${field.type};`).join('\n')}
}
`;

/** assembly/record.ts: the structs that kernels read and write, and the sizes of their tables. */
export function renderAssembly(): string {
  const constants = { SIZE_BUCKETS, ERRNO_SLOTS, RESULT_SLOTS, REQUEST_OPCODES, REQUEST_FDS, LENGTH_BUCKETS };
  return [
    '// Rendered from src/abi/record.ts and src/engine/tally.ts; `npx vitest run rendered -u` renders it anew.\n',
    ...[ioEvent, iocb, tally, requests].map(struct),
    `\n${Object.entries(constants)
      .map(([name, value]) => `export const ${name}: u32 = ${value};\n`)
      .join('')}`,
  ].join('');
}

const row = (...cells: (string | number)[]): string => `| ${cells.join(' | ')} |\n`;
const head = (...cells: string[]): string => row(...cells) + row(...cells.map(() => '---'));

function structTable(record: RecordLayout): string {
  const gvisor: Readonly<Record<string, string>> = GVISOR_FIELDS[record.name as keyof typeof GVISOR_FIELDS];
  const rows = record.fields.map(({ name, offset, offsetBig, type, doc }) => {
    const place = offsetBig === undefined ? `${offset}` : `${offset} (big-endian: ${offsetBig})`;
    return row(place, `\`${name}\``, type, doc, gvisor[name] === '_' ? '–' : `\`${gvisor[name]}\``);
  });
  return `\n## struct ${record.name}, ${record.byteLength} bytes\n\n${head('offset', 'field', 'type', 'what it is', 'in gVisor')}${rows.join('')}`;
}

const flagTable = (heading: string, flags: readonly Flag[]): string =>
  `\n## ${heading}\n\n${head('bit', 'name', 'since Linux')}${flags.map(({ bit, name, since }) => row(`0x${bit.toString(16)}`, `\`${name}\``, since ?? '–')).join('')}`;

/** docs/records.md: the tables of src/abi for people. */
export function renderRecords(): string {
  const opcodes = OPCODES.map(({ value, name, since, doc }) => row(value, `\`${name}\``, since ?? 'never', doc));
  return [
    '# The records\n\nRendered from src/abi; `npx vitest run rendered -u` renders it anew. Every field is a column of the same name and type.\n',
    ...[ioEvent, iocb, aioRing].map(structTable),
    `\n## aio_lio_opcode\n\n${head('value', 'name', 'since Linux', 'what it does')}${opcodes.join('')}`,
    flagTable('aio_flags', IOCB_FLAGS),
    flagTable('aio_rw_flags', RWF_FLAGS),
    flagTable('poll masks (aio_buf and res of IOCB_CMD_POLL)', POLL_FLAGS),
  ].join('');
}

/** README.md with the parts between `<!-- name -->` and `<!-- /name -->` rendered anew. */
export function renderReadme(readme: string, bench: BenchResults): string {
  const presets =
    head('preset', 'layout') +
    Object.entries(PRESETS)
      .map(([name, layout]) => row(`\`${name}\``, `\`${layout}\``))
      .join('');
  const parts = { presets, bench: `${renderTables(bench)}\n` };
  return Object.entries(parts).reduce((text, [name, part]) => {
    const [before, after] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
    const begin = text.indexOf(before) + before.length;
    return `${text.slice(0, begin)}${part}${text.slice(text.indexOf(after))}`;
  }, readme);
}
