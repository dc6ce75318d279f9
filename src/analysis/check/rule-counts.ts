import {
  classBits,
  type ProfileName,
  RULE_CLASSES,
  type Rule,
  type RuleClass,
} from '../../abi/rule.ts';
import { addCounts } from '../summary/section.ts';
import type { StateOf } from '../summary/state.ts';

/** A record: its source and its index there. */
export interface RecordPlace {
  file: string;
  index: number;
}

/** The records that match a rule. */
export interface RuleCount {
  rule: string;
  class: RuleClass;
  /** The error of io_submit; present if `class` is `refused`. */
  errno?: string;
  count: number;
  /** The first of these records. */
  first: RecordPlace;
}

/** The check of the records of one kind. */
export interface RuleCountsJson {
  records: number;
  /** Records that match a rule of each class; only classes of the kind. */
  classes: Partial<Record<RuleClass, number>>;
  /** Refused and impossible records by the first such rule they match, most frequent first. */
  reasons: RuleCount[];
  /** Every rule that records match, in the order of the table. */
  rules: RuleCount[];
}

/** Up to 32 rules, numbered from 0 in masks and from 1 as a first refusal (0: no rule refuses). */
const SLOTS = 33;

/** Counts by number of a rule, and the first record of each. */
class Counts {
  readonly counts: Float64Array = new Float64Array(SLOTS);
  readonly firsts: (RecordPlace | undefined)[] = new Array(SLOTS);

  merge(other: StateOf<Counts>): void {
    for (let i = 0; i < SLOTS; i++) this.firsts[i] ??= other.firsts[i];
    addCounts(this.counts, other.counts);
  }
}

/** The number of the first mask from `begin` on that is not 0; `end` if there is none. */
function zeros(masks: Uint32Array, begin: number, end: number): number {
  let i = begin;
  while (i + 4 <= end && (masks[i] | masks[i + 1] | masks[i + 2] | masks[i + 3]) === 0) i += 4;
  while (i < end && masks[i] === 0) i += 1;
  return i;
}

/**
 * Counts which rules of a table records match, and by which they are refused. Memory is bounded.
 * Parts merge in order of their records.
 */
export class RuleCounts {
  readonly #rules: readonly Rule[];
  readonly #profile: ProfileName;
  /** By class of RULE_CLASSES: the bits of its rules, and the records that match one. */
  readonly #classBits: readonly number[];
  readonly classes: Float64Array;
  readonly matches = new Counts();
  readonly refusals = new Counts();
  records = 0;

  constructor(rules: readonly Rule[], profile: ProfileName) {
    this.#rules = rules;
    this.#profile = profile;
    this.#classBits = RULE_CLASSES.map((of) => classBits(rules, profile, of));
    this.classes = new Float64Array(RULE_CLASSES.length);
  }

  /**
   * Adds the first `count` rows of the columns `anomalies` and `firstRefusal`. Row i has index
   * `firstIndex + rows[i]` in `file`, or `firstIndex + i` without `rows`.
   */
  add(
    anomalies: Uint32Array,
    refusals: Uint8Array,
    count: number,
    file: string,
    firstIndex: number,
    rows?: Uint32Array,
  ): void {
    // Records with equal masks have equal first refusals: runs of masks suffice.
    for (let begin = zeros(anomalies, 0, count); begin < count; ) {
      const mask = anomalies[begin];
      let end = begin + 1;
      while (end < count && anomalies[end] === mask) end += 1;
      const index = firstIndex + (rows?.[begin] ?? begin);
      this.#addRun(mask, refusals[begin], end - begin, file, index);
      begin = zeros(anomalies, end, count);
    }
    this.records += count;
  }

  #addRun(mask: number, refusal: number, count: number, file: string, index: number): void {
    for (let c = 0; c < this.#classBits.length; c++)
      if ((mask & this.#classBits[c]) !== 0) this.classes[c] += count;
    for (let rest = mask; rest !== 0; rest &= rest - 1) {
      const bit = 31 - Math.clz32(rest & -rest);
      if (this.matches.counts[bit] === 0) this.matches.firsts[bit] = { file, index };
      this.matches.counts[bit] += count;
    }
    if (refusal === 0) return;
    if (this.refusals.counts[refusal] === 0) this.refusals.firsts[refusal] = { file, index };
    this.refusals.counts[refusal] += count;
  }

  /** Whether a record is refused or impossible. */
  get hasRefusals(): boolean {
    return this.refusals.counts.some((count) => count > 0);
  }

  merge(other: StateOf<RuleCounts>): void {
    this.records += other.records;
    addCounts(this.classes, other.classes);
    this.matches.merge(other.matches);
    this.refusals.merge(other.refusals);
  }

  toJSON(): RuleCountsJson {
    const classes = RULE_CLASSES.flatMap((of, c) =>
      this.#classBits[c] === 0 ? [] : [[of, this.classes[c]] as const],
    );
    return {
      records: this.records,
      classes: Object.fromEntries(classes),
      reasons: this.#counted(this.refusals, 1).sort((a, b) => b.count - a.count),
      rules: this.#counted(this.matches, 0),
    };
  }

  /** Returns the rules with a count; the first rule has slot `base`. */
  #counted({ counts, firsts }: Counts, base: number): RuleCount[] {
    return this.#rules.flatMap(({ name, errno, classes }, i) => {
      const [first, of] = [firsts[i + base], classes[this.#profile]];
      if (first === undefined || of === undefined) return [];
      return {
        rule: name,
        class: of,
        ...(of === 'refused' && { errno }),
        count: counts[i + base],
        first,
      };
    });
  }
}
