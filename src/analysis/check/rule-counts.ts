import {
  classBits,
  type ProfileName,
  RULE_CLASSES,
  type Rule,
  type RuleClass,
} from '../../abi/rule.ts';
import { addCounts } from '../summary/section.ts';

/** A record, by its index in its source. */
export interface RecordPlace {
  file: string;
  index: number;
}

/** How many records a rule fits, and the first of them. */
export interface RuleCount {
  rule: string;
  class: RuleClass;
  /** What io_submit fails with; only there where the rule refuses. */
  errno?: string;
  count: number;
  first: RecordPlace;
}

/** What a check found among the records of one kind. */
export interface RuleCountsJson {
  records: number;
  /** Records that a rule of that class fits; of the classes that the kind has. */
  classes: Partial<Record<RuleClass, number>>;
  /** Of records that are refused or impossible the first reason, each record once. */
  reasons: RuleCount[];
  /** Every rule that fits a record, in the table's order. */
  rules: RuleCount[];
}

/** ArenaSlice for the rules of a table, and for 0, which is no reason. */
const SLOTS = 33;

/** How often something was seen, by its number, and where first. */
class Counts {
  readonly counts = new Float64Array(SLOTS);
  readonly firsts: (RecordPlace | undefined)[] = new Array(SLOTS);

  merge(other: Counts): void {
    for (let i = 0; i < SLOTS; i++) this.firsts[i] ??= other.firsts[i];
    addCounts(this.counts, other.counts);
  }
}

/** Counts which rules of a table fit records, and which decides. Bounded; parts merge, those of earlier records first. */
export class RuleCounts {
  readonly #rules: readonly Rule[];
  readonly #profile: ProfileName;
  /** The bits of each class of RULE_CLASSES, and the records that have one. */
  readonly #classBits: readonly number[];
  readonly #classes: Float64Array;
  readonly #fits = new Counts();
  readonly #reasons = new Counts();
  records = 0;

  constructor(rules: readonly Rule[], profile: ProfileName) {
    this.#rules = rules;
    this.#profile = profile;
    this.#classBits = RULE_CLASSES.map((of) => classBits(rules, profile, of));
    this.#classes = new Float64Array(RULE_CLASSES.length);
  }

  /** Add the first `count` rows of the columns of a check; row i has index `firstIndex + rows[i]` in `file`, or `+ i` without `rows`. */
  add(
    anomalies: Uint32Array,
    reasons: Uint8Array,
    count: number,
    file: string,
    firstIndex: number,
    rows?: Uint32Array,
  ): void {
    // Records of one mask have one reason: runs of masks are enough.
    for (let begin = 0; begin < count; ) {
      const mask = anomalies[begin];
      let end = begin + 1;
      while (end < count && anomalies[end] === mask) end += 1;
      if (mask !== 0)
        this.#addRun(
          mask,
          reasons[begin],
          end - begin,
          file,
          firstIndex + (rows?.[begin] ?? begin),
        );
      begin = end;
    }
    this.records += count;
  }

  #addRun(mask: number, reason: number, count: number, file: string, index: number): void {
    for (let c = 0; c < this.#classBits.length; c++)
      if ((mask & this.#classBits[c]) !== 0) this.#classes[c] += count;
    for (let rest = mask; rest !== 0; rest &= rest - 1) {
      const bit = 31 - Math.clz32(rest & -rest);
      if (this.#fits.counts[bit] === 0) this.#fits.firsts[bit] = { file, index };
      this.#fits.counts[bit] += count;
    }
    if (reason === 0) return;
    if (this.#reasons.counts[reason] === 0) this.#reasons.firsts[reason] = { file, index };
    this.#reasons.counts[reason] += count;
  }

  /** Whether a record was refused, or is impossible. */
  get hasRefusals(): boolean {
    return this.#reasons.counts.some((count) => count > 0);
  }

  merge(other: RuleCounts): void {
    this.records += other.records;
    addCounts(this.#classes, other.#classes);
    this.#fits.merge(other.#fits);
    this.#reasons.merge(other.#reasons);
  }

  toJSON(): RuleCountsJson {
    const classes = RULE_CLASSES.flatMap((of, c) =>
      this.#classBits[c] === 0 ? [] : [[of, this.#classes[c]] as const],
    );
    return {
      records: this.records,
      classes: Object.fromEntries(classes),
      reasons: this.#counted(this.#reasons, 1).sort((a, b) => b.count - a.count),
      rules: this.#counted(this.#fits, 0),
    };
  }

  /** The rules that were counted, the first at slot `base`. */
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
