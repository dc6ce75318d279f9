// The result of matching, computed in the slow and obvious way: arrays, bigint, linear searches.
import { isRefused } from './check.ts';
import { NaiveHistory, type NaiveUnmatched, naiveUnmatched } from './history.ts';

export interface NaiveSubmission {
  ts: bigint;
  addr: bigint;
  pid: number;
  ctx: bigint;
  ret: number;
  aio_data: bigint;
  aio_lio_opcode: number;
  aio_rw_flags: number;
  aio_fildes: number;
  aio_nbytes: bigint;
}

export interface NaiveCompletion {
  ts: bigint;
  pid: number;
  ctx: bigint;
  data: bigint;
  obj: bigint;
  res: bigint;
}

export interface NaiveOptions {
  refused?: readonly number[];
  from?: bigint;
  to?: bigint;
  openMax?: number;
  withContext?: boolean;
  withRet?: boolean;
}

interface Open extends NaiveSubmission {
  index: number;
  superseded: boolean;
  /** The submission that superseded it requests the same. */
  retried: boolean;
  /** No longer counted as in flight, since it was set aside, evicted or completed. */
  hasLeft: boolean;
  /** A newer one with its data has completed at its address. */
  isAside: boolean;
  early: Early | null;
}

interface Early extends NaiveCompletion {
  index: number;
  mismatch: boolean;
  begunBefore: boolean;
  candidate: Open | null;
}

export interface NaivePair {
  submission: number;
  completion: number;
  latency: bigint;
  span: number;
  overtook: number;
  doubt: number;
}

interface Done extends NaivePair {
  open: Open;
  event: NaiveCompletion;
}

const EARLY_NS = 20_000n;
const REPEATED_NS = 2000n;
export const WRITES: readonly number[] = [1, 8];
export const READS: readonly number[] = [0, 7];

/** Returns all records by time; at equal times submissions first, each in order of its file. */
function timeline(
  submissions: readonly NaiveSubmission[],
  completions: readonly NaiveCompletion[],
) {
  const all = [
    ...submissions.map((record, index) => ({ record, index, isSubmission: true })),
    ...completions.map((record, index) => ({ record, index, isSubmission: false })),
  ];
  return all.sort((a, b) => (a.record.ts < b.record.ts ? -1 : Number(a.record.ts > b.record.ts)));
}

const isSameRequest = (a: NaiveSubmission, b: NaiveSubmission): boolean =>
  a.aio_lio_opcode === b.aio_lio_opcode &&
  a.aio_fildes === b.aio_fildes &&
  a.aio_nbytes === b.aio_nbytes;

export function naiveMatch(
  submissions: readonly NaiveSubmission[],
  completions: readonly NaiveCompletion[],
  options: NaiveOptions = {},
) {
  const {
    refused,
    from = 0n,
    to = 2n ** 64n,
    openMax = 2 ** 17,
    withContext = false,
    withRet = false,
  } = options;
  const isExact = refused !== undefined || withRet;
  let orphans = 0;
  const open: Open[] = [];
  const early: Early[] = [];
  const done: Done[] = [];
  const second: Done[] = [];
  const emitted: Done[] = [];
  const seen: { key: string; index: number }[] = [];
  const times: bigint[] = [];
  const counts = {
    submissions: 0,
    completions: 0,
    refused: 0,
    refusedByRules: 0,
    unmatchedCompletions: 0,
    begunBefore: 0,
    dataMismatch: 0,
  };
  const more = { ambiguous: 0, evicted: 0, superseded: 0, concurrent: 0, repeated: 0 };
  const ended: NaiveUnmatched = { retried: 0, abandoned: 0, evicted: 0, open: 0, never: 0 };
  const history = new NaiveHistory();
  const endWithout = ({ superseded, retried }: Open): void => {
    if (!superseded) return;
    more.superseded += 1;
    ended[retried ? 'retried' : 'abandoned'] += 1;
  };
  const fsync = { count: 0, overtaking: 0, writesInFlight: 0 };
  const depths: number[] = [];
  const opcodesInFlight: number[][] = [];
  let stayed = 0n;
  const keyOf = (pid: number, address: bigint, ctx: bigint) =>
    `${pid} ${address}${withContext ? ` ${ctx}` : ''}`;
  const keyOfSubmission = (s: NaiveSubmission) => keyOf(s.pid, s.addr, s.ctx);
  const keyOfCompletion = (c: NaiveCompletion) => keyOf(c.pid, c.obj, c.ctx);
  const inFlight = () => open.filter(({ hasLeft }) => !hasLeft);
  const remove = <T>(list: T[], item: T) => list.splice(list.indexOf(item), 1);

  function leaveFlight(request: Open, ts: bigint): void {
    if (!request.hasLeft) stayed += ts - request.ts;
    request.hasLeft = true;
  }

  function settle(request: Open, event: NaiveCompletion, index: number, doubt = 0): void {
    const inLine = inFlight().filter(
      ({ pid, ctx }) => pid === request.pid && (!withContext || ctx === request.ctx),
    );
    const place = (each: Open) => order.indexOf(each.index);
    const oldest = Math.min(...inLine.map(place), Number.POSITIVE_INFINITY);
    const sameLine = order.filter(
      (each) =>
        submissions[each].pid === request.pid &&
        (!withContext || submissions[each].ctx === request.ctx),
    );
    const span =
      inLine.length === 0
        ? 0
        : Math.max(0, sameLine.indexOf(request.index) - sameLine.indexOf(order[oldest]));
    const overtook = inLine.filter((each) => place(each) < place(request)).length;
    const pair: Done = {
      submission: request.index,
      completion: index,
      latency: event.ts - request.ts,
      span,
      overtook,
      doubt,
      open: { ...request },
      event,
    };
    emitted.push(pair);
    (doubt === 0 ? done : second).push(pair);
    if (doubt === 0) leaveFlight(request, event.ts);
    remove(open, request);
    const { early: waiting } = request;
    if (waiting === null) return;
    waiting.candidate = null;
    decide(waiting);
  }

  function decide(event: Early): void {
    if (!early.includes(event)) return;
    remove(early, event);
    const { candidate } = event;
    if (candidate !== null) {
      candidate.early = null;
      settle(candidate, event, event.index);
      return;
    }
    counts.unmatchedCompletions += 1;
    if (event.mismatch) counts.dataMismatch += 1;
    if (event.begunBefore) counts.begunBefore += 1;
    else orphans += 1;
  }

  const mayBeEarly = (request: Open, ts: bigint): boolean =>
    request.ts - ts <= EARLY_NS && (request.aio_data !== 0n || orphans === 0);

  function setCandidate(request: Open, event: Early): void {
    if (!mayBeEarly(request, event.ts)) decide(event);
    else if (request.early === null) {
      request.early = event;
      event.candidate = request;
    }
  }

  const order: number[] = [];
  function submit(record: NaiveSubmission, index: number): void {
    if ((withRet && record.ret < 0) || refused?.includes(index)) {
      counts.refused += 1;
      return;
    }
    counts.submissions += 1;
    if (!isExact && isRefused(record)) {
      counts.refusedByRules += 1;
      return;
    }
    const key = keyOfSubmission(record);
    const here = open.filter((each) => keyOfSubmission(each) === key);
    seen.push({ key, index });
    history.add(key, { ts: record.ts, request: record });
    if (here.length > 0) {
      more.concurrent += 1;
      const last = here[here.length - 1];
      if (!last.superseded) last.retried = isSameRequest(last, record);
      last.superseded = true;
      const equal = here.filter((each) => each.aio_data === record.aio_data);
      const newest = equal.at(-1);
      if (newest?.early && !newest.isAside) decide(newest.early);
      for (const each of equal.filter(({ isAside }) => isAside)) {
        endWithout(each);
        remove(open, each);
      }
    }
    while (open.length >= openMax) {
      const [oldest] = open;
      if (oldest.early !== null) decide(oldest.early);
      else {
        more.evicted += 1;
        if (!oldest.superseded) ended.evicted += 1;
        endWithout(oldest);
        leaveFlight(oldest, record.ts);
        remove(open, oldest);
      }
    }
    const request: Open = {
      ...record,
      index,
      superseded: false,
      retried: false,
      hasLeft: false,
      isAside: false,
      early: null,
    };
    open.push(request);
    order.push(index);
    depths.push(inFlight().length);
    opcodesInFlight.push(inFlight().map((each) => each.aio_lio_opcode));
    if (record.aio_lio_opcode === 2 || record.aio_lio_opcode === 3) {
      const isWrite = (each: Open) =>
        WRITES.includes(each.aio_lio_opcode) &&
        each.pid === record.pid &&
        each.aio_fildes === record.aio_fildes;
      const writes = inFlight().filter(isWrite).length;
      fsync.count += 1;
      if (writes > 0) fsync.overtaking += 1;
      fsync.writesInFlight += writes;
    }
    const waiting = early.filter(
      (each) =>
        keyOfCompletion(each) === key && each.data === record.aio_data && each.candidate === null,
    );
    const own = waiting.find((each) => each.ts >= record.ts);
    const near = waiting.at(-1);
    if (own !== undefined) {
      remove(early, own);
      settle(request, own, own.index);
    } else if (near !== undefined) setCandidate(request, near);
  }

  function complete(record: NaiveCompletion, index: number, earlyMax: number): void {
    counts.completions += 1;
    const key = keyOfCompletion(record);
    history.add(key, { ts: record.ts, request: null });
    const here = open.filter((each) => keyOfSubmission(each) === key);
    const all = here.filter((each) => each.aio_data === record.data);
    const equal = all.filter(({ isAside }) => !isAside);
    const found = equal.findLast((each) => each.ts <= record.ts);
    if (found !== undefined) {
      if (equal.length > 1) more.ambiguous += 1;
      for (const each of equal.slice(0, equal.indexOf(found)).reverse()) {
        if (each.early !== null) decide(each.early);
        else {
          leaveFlight(each, record.ts);
          each.isAside = true;
        }
      }
      settle(found, record, index);
      return;
    }
    const [later] = equal;
    const aside = all.findLast(({ isAside, ts }) => isAside && ts <= record.ts);
    if (aside !== undefined && (later === undefined || !mayBeEarly(later, record.ts))) {
      settle(aside, record, index, 1);
      return;
    }
    const repeats = (each: NaiveCompletion) =>
      keyOfCompletion(each) === key && each.data === record.data && each.res === record.res;
    const before = completions.slice(0, index).reverse();
    const far = before.findIndex((each) => record.ts - each.ts > REPEATED_NS);
    if (before.slice(0, far < 0 ? before.length : far).some(repeats)) {
      more.repeated += 1;
      return;
    }
    const mismatch = equal.length === 0 && aside === undefined && here.length > 0;
    if (early.length >= earlyMax) decide(early[0]);
    const event: Early = {
      ...record,
      index,
      mismatch,
      begunBefore: !seen.some((each) => each.key === key),
      candidate: null,
    };
    early.push(event);
    if (later !== undefined && open.includes(later)) setCandidate(later, event);
  }

  for (const { record, index, isSubmission } of timeline(submissions, completions)) {
    if (record.ts < from || record.ts >= to) continue;
    times.push(record.ts);
    history.observe(record.ts, inFlight().length);
    if (isSubmission) submit(record as NaiveSubmission, index);
    else complete(record as NaiveCompletion, index, Number.POSITIVE_INFINITY);
  }
  while (early.length > 0) decide(early[0]);
  const ordered = [...done];
  if (second.length > 4 * orphans) done.push(...second);
  else {
    counts.unmatchedCompletions += second.length;
    for (const each of second) endWithout(each.open);
  }
  const silences = history.silences();
  const isAcross = (pair: Done, which: readonly { from: bigint; to: bigint }[]) =>
    pair.doubt !== 1 && which.some((s) => s.from >= pair.open.ts && s.to <= pair.event.ts);
  for (const pair of emitted) if (isAcross(pair, silences)) pair.doubt = 2;
  const lost = silences.filter((silence) => silence.lost);
  const measured = done.filter((pair) => !isAcross(pair, lost));
  const ascending = (a: bigint, b: bigint) => (a < b ? -1 : Number(a > b));
  const [begin = 0n] = times.sort(ascending);
  const end = times.at(-1) ?? 0n;
  const longest =
    measured
      .map(({ latency }) => latency)
      .sort(ascending)
      .at(-1) ?? 0n;
  for (const request of open) {
    if (!request.hasLeft) stayed += end - request.ts;
    if (request.superseded) endWithout(request);
    else if (request.aio_lio_opcode !== 5 && end - request.ts > longest) ended.never += 1;
    else ended.open += 1;
  }
  const unmatched = naiveUnmatched(ended, history, {
    submissions: counts.submissions,
    refusedByRules: counts.refusedByRules,
    orphans,
    completions: counts.completions - counts.begunBefore,
    isExact,
    isGuess: done.length === 0,
  });
  const secondPairs = second.length;
  return {
    ...counts,
    ...more,
    unmatched,
    silences,
    measured,
    orphans,
    secondPairs,
    second,
    emitted,
    ordered,
    done,
    fsync,
    depths,
    opcodesInFlight,
    stayed,
    lasted: end - begin,
    seen,
  };
}

export type NaiveResult = ReturnType<typeof naiveMatch>;
