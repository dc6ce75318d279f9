// What is counted of requests that rings show as completed, and of those that they do not show.
import { RWF_NOWAIT } from '../../abi/flag.ts';
import { opcodeName } from '../../abi/name.ts';
import { countResult } from './count-pair.ts';
import { OpcodeStats, StatsTable } from './opcode-stats.ts';
import { Outcomes } from './outcome.ts';
import { errorsJson } from './outcome-json.ts';
import { EVENT_WORDS, RES, type RingHistory } from './ring-history.ts';
import type { RingMatchGroup, RingOpenJson } from './ring-json.ts';
import type { RingSubmission } from './ring-ways.ts';
import type { OpenGroup } from './unmatched-json.ts';

/** Open requests that are listed. */
const LISTED_MAX = 10;
/** `nbytes` as the counts of transfers take it. */
const NBYTES_MAX = 2 ** 32 - 1;

/** Statistics of the completions of one opcode, or of one descriptor. */
class RingStats extends OpcodeStats {
  live = 0;
  declare into: RingStats | null;

  override merge(other: RingStats): void {
    super.merge(other);
    this.live += other.live;
  }
}

const groupJson = (stats: RingStats): RingMatchGroup => ({
  matched: stats.latency.count,
  live: stats.live,
  bytesMoved: stats.bytes.value.toString(),
  short: stats.short,
  errors: stats.errors,
});

/** Requests whose completions are in rings. */
export class CompletedCounts {
  live = 0;
  stale = 0;
  readonly outcomes = new Outcomes();
  readonly #opcodes = new StatsTable(RingStats);
  readonly #fds = new StatsTable(RingStats);

  /** Counts a submission and its completion. */
  add(
    { pid, fd, opcode, rwFlags, nbytes }: RingSubmission,
    history: RingHistory,
    at: number,
  ): void {
    const res = history.words.subarray(at * EVENT_WORDS + RES);
    const isLive = at >= history.liveFrom;
    this.live += isLive ? 1 : 0;
    this.stale += isLive ? 0 : 1;
    const [own, ofFd] = [this.#opcodes.of(0, opcode), this.#fds.of(pid, fd)];
    for (const each of [own, ofFd]) {
      each.latency.add(0, 0);
      each.live += isLive ? 1 : 0;
    }
    const isNowait = (rwFlags & RWF_NOWAIT) !== 0;
    const requested = Math.min(nbytes, NBYTES_MAX);
    const groups = { own, fd: ofFd, process: null };
    countResult(this.outcomes, groups, opcode, isNowait, requested, res, 0);
  }

  toJSON() {
    const { other } = this.#fds;
    return {
      byOpcode: this.#opcodes.rows().map((stats) => ({
        opcode: stats.low,
        name: opcodeName(stats.low),
        ...groupJson(stats),
      })),
      byFd: this.#fds
        .rows()
        .map((stats) => ({ pid: stats.high, fd: stats.low | 0, ...groupJson(stats) })),
      ...(other.latency.count > 0 && { other: groupJson(other) }),
      short: { ...this.outcomes.short },
      errors: errorsJson(this.outcomes),
    };
  }
}

/** Requests without a completion in the rings. */
export class OpenCounts {
  readonly #all: RingSubmission[] = [];

  get count(): number {
    return this.#all.length;
  }

  add(submission: RingSubmission): void {
    this.#all.push(submission);
  }

  /** `now` is when they were open, in the terms of `at`; null if the log has no times. */
  toJSON(now: number | null): RingOpenJson {
    const all = this.#all.sort((a, b) => a.index - b.index);
    const age = ({ at }: RingSubmission) => (now === null ? null : String(Math.max(0, now - at)));
    const groups = new Map<string, OpenGroup>();
    for (const submission of all) {
      const { pid, fd, opcode } = submission;
      const key = `${pid} ${fd} ${opcode}`;
      const group = groups.get(key);
      if (group !== undefined) group.count += 1;
      else {
        const name = opcodeName(opcode);
        groups.set(key, { pid, fd: fd | 0, opcode, name, count: 1, oldestNs: age(submission) });
      }
    }
    const byFd = [...groups.values()].sort((a, b) => a.pid - b.pid || a.fd - b.fd);
    const oldest = all.slice(0, LISTED_MAX).map((submission) => {
      const { index, pid, fd, opcode, address, dataLow, dataHigh } = submission;
      return {
        ...{ index, ageNs: age(submission), pid, fd: fd | 0, opcode, name: opcodeName(opcode) },
        addr: `0x${address.toString(16)}`,
        data: String((BigInt(dataHigh) << 32n) | BigInt(dataLow)),
      };
    });
    return { count: all.length, oldestNs: all.length === 0 ? null : age(all[0]), byFd, oldest };
  }
}
