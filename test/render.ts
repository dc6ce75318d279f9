import { type BenchResults, renderReadmeTable } from '../bench/table.mjs';
import { FIELD_DOCS, OPCODE_DOCS, RULE_DOCS } from '../src/abi/doc.ts';
import { EAGAIN } from '../src/abi/errno.ts';
import {
  aioRing,
  type Flag,
  GVISOR_FIELDS,
  IO_EVENT_RULES,
  IOCB_FLAG_IOPRIO,
  IOCB_FLAG_RESFD,
  IOCB_FLAGS,
  IOCB_RULES,
  iocb,
  ioEvent,
  MAX_ERRNO,
  OPCODES,
  POLL_FLAGS,
  PROFILES,
  RING_RULES,
  RWF_FLAGS,
} from '../src/abi/index.ts';
import * as limits from '../src/abi/limit.ts';
import * as opcodes from '../src/abi/opcode.ts';
import { type Rule, ruleBits } from '../src/abi/rule.ts';
import * as eventLayout from '../src/analysis/match/event-layout.ts';
import * as matchLayout from '../src/analysis/match/kernel-layout.ts';
import type { Struct } from '../src/analysis/match/struct.ts';
import * as requests from '../src/engine/request-tables.ts';
import {
  ERRNO_RULES,
  FLAG_RELEASES,
  OPCODE_RELEASES,
  RULE_ORDER,
  RWF_RELEASES,
  ruleSet,
} from '../src/engine/rule-set.ts';
import * as streams from '../src/engine/stream-state.ts';
import {
  COMMON_SHIFT,
  COMMON_SIZES,
  COMPLETION_SIZES,
  COMPLETION_SLOTS,
  columnTally,
  ERRNO_SLOTS,
  LENGTH_BUCKETS,
  SIZE_BUCKETS,
  SIZED_OPCODES,
  SUBMISSION_FDS,
  SUBMISSION_OPCODES,
  SUBMISSION_SIZES,
  submissions,
  VALUE_CLASS_SHIFT,
  VALUE_CLASS_SLOTS,
  VALUE_SLOTS,
} from '../src/engine/tables.ts';
import type { RecordLayout } from '../src/index.ts';
import { PRESETS } from '../src/internal.ts';

const struct = ({ name, byteLength, fields }: RecordLayout): string => `
/** \`struct ${name}\`, ${byteLength} bytes. */
@unmanaged
export class ${name} {
${fields.map((field) => `  ${field.name}: ${field.type};`).join('\n')}
}
`;

/** assembly/record.ts: the structs that kernels use, and the sizes of their tables. */
export function renderAssembly(): string {
  const values = { VALUE_SLOTS, VALUE_CLASS_SHIFT, VALUE_CLASS_SLOTS };
  const sizes = {
    SIZE_BUCKETS,
    COMMON_SHIFT,
    COMMON_SIZES,
    ERRNO_SLOTS,
    COMPLETION_SIZES,
    COMPLETION_SLOTS,
    SUBMISSION_OPCODES,
    SUBMISSION_FDS,
    SIZED_OPCODES,
    LENGTH_BUCKETS,
    SUBMISSION_SIZES,
    ...values,
  };
  return [
    '// Rendered from src/abi/record.ts, src/engine/tables.ts and src/engine/rule-set.ts by\n' +
      '// `npx vitest run rendered -u`.\n',
    ...[ioEvent, iocb, columnTally, submissions, ruleSet].map(struct),
    `\n${constants('u32', sizes)}`,
  ].join('');
}

export const constantName = (name: string): string => name.toUpperCase().replaceAll('-', '_');
const constants = (type: string, values: Readonly<Record<string, number>>): string =>
  Object.entries(values)
    .map(([name, value]) => `export const ${constantName(name)}: ${type} = ${value};\n`)
    .join('');

/** assembly/request.ts: the memory of the kernels of a report, and the fields of a stream. */
export function renderRequests(): string {
  const { KIND_OF_OPCODE, OFFSET_MAX, requestGroup, requestCounters, ...values } = requests;
  const kinds = KIND_OF_OPCODE.map((kind) => kind.toString(16)).reverse();
  const entries = Object.entries(values);
  const isAddress = ([name]: [string, unknown]) => /^AT_|_BYTES$|_END$/.test(name);
  const fields = Object.entries(streams.STREAM).map(([name, index]) => [
    `STREAM_${name.replace(/[A-Z]/g, '_$&')}`,
    index,
  ]);
  const { NEAR_BYTES, CURSORS, SEEK_ZERO } = streams;
  return [
    '// Rendered from src/engine/request-tables.ts and src/engine/stream-state.ts by\n' +
      '// `npx vitest run rendered -u`; what each is, is written there.\n',
    ...[requestGroup, requestCounters].map(struct),
    '\n// One digit per opcode, the first the last.\n',
    `export const KINDS_OF_OPCODES: u64 = 0x${kinds.join('')};\n`,
    '\n',
    constants('u64', { OFFSET_MAX }),
    constants('u32', Object.fromEntries(entries.filter((entry) => !isAddress(entry)))),
    '\n// Where the parts of the state begin, and sizes in bytes.\n',
    constants('usize', Object.fromEntries(entries.filter(isAddress))),
    '\n// The fields of a stream: indexes of doubles.\n',
    constants('usize', { ...Object.fromEntries(fields), STREAM_SEEK_ZERO: SEEK_ZERO }),
    constants('i64', { STREAM_NEAR_BYTES: NEAR_BYTES }),
    constants('f64', { STREAM_CURSORS: CURSORS }),
  ].join('');
}

/** assembly/rule.ts: the bits of the rules, and constants of src/abi for the check kernels. */
export function renderRules(): string {
  const { OPCODES: _, ...opcodeValues } = opcodes;
  const all = (flags: readonly Flag[]): number => flags.reduce((bits, { bit }) => bits | bit, 0);
  return [
    '// Rendered from src/abi and src/engine/rule-set.ts by `npx vitest run rendered -u`.\n',
    '\n// The bits of the rules for an iocb, then for an io_event.\n',
    constants('u32', ruleBits<string>(IOCB_RULES)),
    constants('u32', ruleBits<string>(IO_EVENT_RULES)),
    '\n// Where the tables of a rule set begin.\n',
    constants('usize', { RULE_ORDER, OPCODE_RELEASES, FLAG_RELEASES, RWF_RELEASES, ERRNO_RULES }),
    '\n// What Linux defines.\n',
    constants('u32', {
      ...limits,
      MAX_ERRNO,
      EAGAIN,
      IOCB_FLAG_RESFD,
      IOCB_FLAG_IOPRIO,
      ...Object.fromEntries(RWF_FLAGS.map(({ name, bit }) => [name, bit])),
      RWF_ALL: all(RWF_FLAGS),
      POLL_ALL: all(POLL_FLAGS),
    }),
    constants('u32', opcodeValues),
  ].join('');
}

const sharedStruct = ([name, { fields }]: readonly [string, Struct]): string => `
@unmanaged
export class ${name} {
${Object.entries(fields)
  .map(([field, type]) => `  ${field}: ${type};\n`)
  .join('')}}
`;

/** assembly/match-state.ts: the structs and bounds that kernels share with src/analysis/match. */
export function renderMatchState(): string {
  const { STRUCTS, ENTRY_SHIFT, ADDRESS_SHIFT, COUNTER_SHIFT, COUNTER_SLOTS } = matchLayout;
  const { COUNTER_OPCODES, ORDER_WINDOW, LATENCY_PARTS_BITS, EXACT_DEPTHS } = matchLayout;
  const { OPEN_AT_ADDRESS_MAX, LOOKED_AT_MAX, ENTRY_FLAGS } = matchLayout;
  const { REFUSED_CALLS, REFUSED_CALL_SHIFT, SAME_CALL_NS, WAITING_PAIR_SHIFT } = matchLayout;
  const { EVENT_STRUCT, EVENT_SHIFT, EVENT_SLOT_SHIFT, EVENTS_ENOUGH } = eventLayout;
  const { EVENTS, EVENT_FLAGS } = eventLayout;
  const named = (prefix: string, flags: Readonly<Record<string, number>>) =>
    Object.fromEntries(
      Object.entries(flags).map(([name, bit]) => [
        `${prefix}_${name.replace(/[A-Z]/g, '_$&')}`,
        bit,
      ]),
    );
  return [
    '// Rendered from src/analysis/match/kernel-layout.ts by `npx vitest run rendered -u`; what each\n' +
      '// class and field is, is written there.\n',
    ...Object.entries({ ...STRUCTS, Event: EVENT_STRUCT }).map(sharedStruct),
    '\n// Bytes from one element of an array to the next.\n',
    constants('usize', {
      ENTRY_BYTES: 4 << ENTRY_SHIFT,
      ADDRESS_BYTES: 4 << ADDRESS_SHIFT,
      COUNTER_BYTES: 4 << COUNTER_SHIFT,
      REFUSED_CALL_BYTES: 4 << REFUSED_CALL_SHIFT,
      WAITING_PAIR_BYTES: 4 << WAITING_PAIR_SHIFT,
      EVENT_BYTES: 4 << EVENT_SHIFT,
    }),
    '\n// Bounds, and bits of `Entry.flags` and `Event.what`.\n',
    constants('u32', {
      ...{ COUNTER_SLOTS, COUNTER_OPCODES, ORDER_WINDOW, LATENCY_PARTS_BITS, EXACT_DEPTHS },
      ...{ OPEN_AT_ADDRESS_MAX, LOOKED_AT_MAX, REFUSED_CALLS, SAME_CALL_NS },
      ...{ EVENTS_ENOUGH, EVENT_SLOT_SHIFT },
      ...named('FLAG', ENTRY_FLAGS),
      ...named('EVENT', { ...EVENTS, ...EVENT_FLAGS }),
    }),
  ].join('');
}

const row = (...cells: (string | number)[]): string => `| ${cells.join(' | ')} |\n`;
const head = (...cells: string[]): string => row(...cells) + row(...cells.map(() => '---'));

function structTable(record: RecordLayout): string {
  const gvisor: Readonly<Record<string, string>> =
    GVISOR_FIELDS[record.name as keyof typeof GVISOR_FIELDS];
  const docs: Readonly<Record<string, string>> = FIELD_DOCS[record.name as keyof typeof FIELD_DOCS];
  const rows = record.fields.map(({ name, offset, offsetBig, type }) => {
    const place = offsetBig === undefined ? `${offset}` : `${offset} (big-endian: ${offsetBig})`;
    return row(
      place,
      `\`${name}\``,
      type,
      docs[name],
      gvisor[name] === '_' ? '–' : `\`${gvisor[name]}\``,
    );
  });
  const title = `\n## struct ${record.name}, ${record.byteLength} bytes\n\n`;
  return title + head('offset', 'field', 'type', 'description', 'in gVisor') + rows.join('');
}

const flagTable = (heading: string, flags: readonly Flag[]): string => {
  const rows = flags.map(({ bit, name, since }) =>
    row(`0x${bit.toString(16)}`, `\`${name}\``, since ?? '–'),
  );
  return `\n## ${heading}\n\n${head('bit', 'name', 'since Linux')}${rows.join('')}`;
};

const ruleTable = (heading: string, rules: readonly Rule[], numbered: boolean): string => {
  const docs: Readonly<Record<string, string>> = RULE_DOCS;
  const rows = rules.map(({ name, errno, classes }, bit) => {
    const cells = PROFILES.map((profile) =>
      classes[profile] === 'refused' ? `**${errno}**` : (classes[profile] ?? '–'),
    );
    return row(...(numbered ? [bit + 1] : []), `\`${name}\``, ...cells, docs[name]);
  });
  const columns = [...(numbered ? ['number'] : []), 'rule', ...PROFILES, 'description'];
  return `\n### ${heading}\n\n${head(...columns)}${rows.join('')}`;
};

const RULES_INTRO = `
## The rules of \`check\`

The table shows the class of each rule under each profile: the errno with which io_submit refuses
the record, or \`impossible\`, \`ignored\` or \`suspicious\`. The column \`anomalies\` has bit number - 1
set for every matching rule. The column \`firstRefusal\` has the number of the first rule that refuses
the record (for an io_event: that makes it impossible), or 0. Rules that refuse come in the order of
Linux's checks; gVisor checks both descriptors before \`nbytes-negative\`. What a record does not show
(open files and their modes, memory, privileges, free slots) is not checked.
`;

/** docs/records.md: the tables of src/abi in Markdown. */
function layouts(): string {
  const presets = Object.entries(PRESETS).map(([name, text]) => row(`\`${name}\``, `\`${text}\``));
  return (
    '\n## Layouts\n\nA layout is a list of fields around one `record`, from the first byte to the ' +
    'last: `name:type`, separated by commas. Types are `u8` … `u64`, `i8` … `i64` and `charN` (N ' +
    'bytes of text); `pad:N` skips N bytes. Fields around the record are its envelope, and columns ' +
    'like any other. Some names have a meaning: `ts` is a time in ns, `addr` the address of the ' +
    'iocb, `pid`, `tid` and `comm` the process, `ctx` the io context, `seq` a sequence number, `ret` ' +
    `the result of io_submit. These layouts have names:\n\n${head('preset', 'layout')}${presets.join('')}`
  );
}

export function renderRecords(): string {
  const opcodes = OPCODES.map(({ value, name, since }) =>
    row(value, `\`${name}\``, since ?? 'never', OPCODE_DOCS[name]),
  );
  return [
    '# Records\n\nEvery field is a column of the same name and type. ' +
      'Descriptors (`aio_fildes`, `aio_resfd`) are unsigned in their columns, as stored: -1 is ' +
      '4294967295. Objects, cursors, `numbers()`, conditions, print, CSV, NDJSON, Arrow, Parquet ' +
      'and SQL have them signed. Text of an envelope (`charN`) is UTF-8 up to its first NUL; a ' +
      'byte that is not part of valid UTF-8 is written `\\xff`.\n\n' +
      'This page is rendered from src/abi by `npx vitest run rendered -u`.\n',
    ...[ioEvent, iocb, aioRing].map(structTable),
    `\n## aio_lio_opcode\n\n${head('value', 'name', 'since Linux', 'description')}${opcodes.join('')}`,
    flagTable('aio_flags', IOCB_FLAGS),
    flagTable('aio_rw_flags', RWF_FLAGS),
    flagTable('poll masks (aio_buf and res of IOCB_CMD_POLL)', POLL_FLAGS),
    layouts(),
    RULES_INTRO,
    ruleTable('Rules for an iocb', IOCB_RULES, true),
    ruleTable('Rules for an io_event', IO_EVENT_RULES, true),
    ruleTable('Rules for the header of a ring', RING_RULES, false),
  ].join('');
}

/** README.md with the table between `<!-- bench -->` and `<!-- /bench -->` rendered. */
export function renderReadme(readme: string, bench: BenchResults): string {
  const [before, after] = ['<!-- bench -->\n', '<!-- /bench -->'];
  const begin = readme.indexOf(before) + before.length;
  const rest = readme.slice(readme.indexOf(after));
  return `${readme.slice(0, begin)}${renderReadmeTable(bench)}\n${rest}`;
}
