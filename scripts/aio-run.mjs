// Compares the import of a log with what test/fixtures/aio-run.c wrote down in the same run.

/** The parts of a trace: bytes of a record, where its struct begins, and what it is. */
const LAYOUTS = {
  submissions: { stride: 88, record: 24, kind: 'iocb' },
  completions: { stride: 56, record: 24, kind: 'io_event' },
  refused: { stride: 104, record: 40, kind: 'iocb' },
  calls: { stride: 48, kind: 'call' },
};

/** A field of a record as hexadecimal digits. */
function digitsOf(bytes, at, { offset, type }) {
  const from = at + offset;
  return `0x${Buffer.from(bytes.subarray(from, from + Number(type.slice(1)) / 8))
    .reverse()
    .toString('hex')}`;
}

/** The records of a part, with the fields that are compared. */
function recordsOf({ CALLS, iocb, ioEvent }, part, bytes) {
  const { stride, record } = LAYOUTS[part];
  const { fields } = part === 'completions' ? ioEvent : iocb;
  return Array.from({ length: bytes.byteLength / stride }, (_, i) => {
    const at = i * stride;
    const ts = bytes.readBigUInt64LE(at);
    if (part === 'calls')
      return {
        ts,
        pid: bytes.readUInt32LE(at + 24),
        tid: bytes.readUInt32LE(at + 28),
        call: CALLS[bytes.readUInt16LE(at + 32)],
        ctx: bytes.readBigUInt64LE(at + 16),
        nr: bytes.readInt32LE(at + 36),
        ret: bytes.readBigInt64LE(at + 40),
      };
    return {
      ts,
      addr: digitsOf(bytes, at, { offset: 8, type: 'u64' }),
      pid: bytes.readUInt32LE(at + 16),
      tid: bytes.readUInt32LE(at + 20),
      ...(part === 'refused' && {
        ctx: bytes.readBigUInt64LE(at + 24),
        ret: bytes.readInt32LE(at + 32),
      }),
      ...Object.fromEntries(
        fields.map((field) => [field.name, digitsOf(bytes, at + record, field)]),
      ),
    };
  });
}

/** Whether a record is one of the first in its call: those of a call have one time. */
function isShown(limit) {
  const seen = new Map();
  return ({ ts }) => {
    seen.set(ts, (seen.get(ts) ?? 0) + 1);
    return seen.get(ts) <= limit;
  };
}

/**
 * What the program wrote down, as far as a log shows it: the first `shown` submissions and `events`
 * completions of a call, and with `isMain` nothing of other threads and processes.
 */
export function truthOf(abi, read, { shown = Number.POSITIVE_INFINITY, events = shown, isMain }) {
  const all = recordsOf(abi, 'calls', read('calls.bin'));
  const main = all[0].pid;
  const traced = (records) => (isMain ? records.filter(({ tid }) => tid === main) : records);
  const submitted = traced(recordsOf(abi, 'refused', read('submitted.bin')));
  const accepted = submitted.filter(({ ret }) => ret > 0).map(({ ctx, ret, ...rest }) => rest);
  const completions = traced(recordsOf(abi, 'completions', read('completions.bin')));
  const parts = {
    submissions: accepted.filter(isShown(shown)),
    // In a context that does not exist, which is 1 here, the kernel does not look at submissions.
    refused: submitted.filter(isShown(shown)).filter(({ ret, ctx }) => ret <= 0 && ctx !== 1n),
    completions: completions.filter(isShown(events)),
    calls: traced(all),
  };
  const hidden = {
    'accepted submissions that are not printed': accepted.length - parts.submissions.length,
    'completions that are not printed': completions.length - parts.completions.length,
  };
  return { main, parts, hidden };
}

/** Records by thread, in order. Lines without a thread are of the main one. */
function byThread(records, main) {
  const threads = new Map();
  for (const record of records) {
    const tid = record.tid === 0 ? main : record.tid;
    threads.set(tid, [...(threads.get(tid) ?? []), record]);
  }
  return threads;
}

/** Compares every field that is not absent; returns how many are equal, and the differences. */
export function compareWithTruth(abi, log, { main, parts, hidden }) {
  let equal = 0;
  const differences = [];
  for (const [reason, count] of Object.entries(hidden)) {
    const dropped = log.manifest.dropped[reason] ?? 0;
    if (dropped !== count) differences.push(`dropped: ${dropped} ${reason}, not ${count}`);
  }
  for (const [part, truth] of Object.entries(parts)) {
    const { kind } = LAYOUTS[part];
    const absent = log.manifest.absent.filter((each) => each.kind === kind);
    const isAbsent = (name, opcode) =>
      absent.some(
        ({ field, opcodes }) =>
          field === name && (opcodes === 'all' || opcodes.includes(Number(opcode))),
      );
    const found = byThread(recordsOf(abi, part, log[part]), main);
    for (const [tid, expected] of byThread(truth, main)) {
      const actual = found.get(tid) ?? [];
      if (actual.length !== expected.length)
        differences.push(`${part} of ${tid}: ${actual.length}, not ${expected.length}`);
      for (const [i, { ts, ...record }] of expected.entries()) {
        for (const [field, value] of Object.entries(record)) {
          const other = actual[i]?.[field];
          const isUnknown = (field === 'pid' || field === 'tid') && other === 0;
          if (isUnknown || isAbsent(field, record.aio_lio_opcode)) continue;
          if (other === value) equal += 1;
          else differences.push(`${part} ${i} of ${tid}: ${field} is ${other}, not ${value}`);
        }
      }
    }
  }
  return { equal, differences };
}
