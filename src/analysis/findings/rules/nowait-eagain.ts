import {
  IOCB_CMD_PREAD,
  IOCB_CMD_PREADV,
  IOCB_CMD_PWRITE,
  IOCB_CMD_PWRITEV,
} from '../../../abi/opcode.ts';
import type { ResultEvidence } from '../evidence/results.ts';
import type { Facts } from '../facts.ts';
import { bySize, failuresOf, firstOf, GROUPS_LISTED, groupOf, placeOf } from '../failures.ts';
import type { FindingOf } from '../finding.ts';
import { trustedPairs } from '../pair-trust.ts';

/**
 * The share of an opcode's requests with RWF_NOWAIT that got EAGAIN. Each costs a call more, and
 * the program repeats it where it may block: from one of 20 it is worth a look; from one of two the
 * flag costs more calls than it saves (seastar issue 2974).
 */
const WARNING_SHARE = 0.05;
const ERROR_SHARE = 0.5;
/** One or two show no share. */
const AGAIN_MIN = 3;

/** Requests with RWF_NOWAIT that got EAGAIN, where they are many among those of an opcode. */
export function nowaitEagain(facts: Facts): FindingOf<'nowait-eagain'>[] {
  const results = trustedPairs(facts)?.results;
  if (results === undefined || results.nowaitFailed === 0) return [];
  const opcodes = countsOf(results);
  const many = opcodes.filter(
    ({ requests, again }) => again >= AGAIN_MIN && again >= WARNING_SHARE * requests,
  );
  if (many.length === 0) return [];
  const { lookup, place } = facts;
  const isMany = (opcode: number) => many.some((each) => each.opcode === opcode);
  const failures = failuresOf(results, ({ isNowait, opcode }) => isNowait && isMany(opcode));
  const groups = failures
    .map(({ results: on, failures: { opcode, count } }) =>
      groupOf(on, results.hasPids, lookup, { opcode, count, of: on.nowait(opcode) }),
    )
    .sort(bySize);
  const isError = many.some(({ requests, again }) => again >= ERROR_SHARE * requests);
  return [
    {
      ...{ id: 'nowait-eagain', severity: isError ? 'error' : 'warning' },
      count: many.reduce((sum, { again }) => sum + again, 0),
      of: many.reduce((sum, { requests }) => sum + requests, 0),
      where: placeOf(failures, groups, lookup),
      first: failures.length === 0 ? null : place('io_event', firstOf(failures)),
      evidence: { opcodes, groups: groups.slice(0, GROUPS_LISTED) },
    },
  ];
}

/** The opcodes that RWF_NOWAIT means something to. */
const READS_AND_WRITES = [IOCB_CMD_PREAD, IOCB_CMD_PWRITE, IOCB_CMD_PREADV, IOCB_CMD_PWRITEV];

/** Requests with RWF_NOWAIT, by opcode. */
function countsOf({ descriptors }: ResultEvidence) {
  return READS_AND_WRITES.map((opcode) => ({
    opcode,
    requests: descriptors.reduce((sum, on) => sum + on.nowait(opcode), 0),
    again: descriptors.reduce((sum, on) => sum + on.again(opcode), 0),
  })).filter(({ requests }) => requests > 0);
}
