import { RELEASES } from '../../abi/release.ts';
import { IO_EVENT_RULES, IOCB_RULES, type ProfileName } from '../../abi/rule.ts';
import {
  type EngineJson,
  type EngineName,
  type EngineUse,
  engineJson,
  joinEngine,
} from '../../engine/kernel.ts';
import { AioscopeError } from '../../errors.ts';
import { checkMerge } from '../../layout/option-names.ts';
import { KINDS, type Kind, oneOf } from '../../layout/schema.ts';
import { version } from '../../version.ts';
import { addCounts } from '../summary/section.ts';
import type { StateOf } from '../summary/state.ts';
import type { SummaryInput } from '../summary/summary.ts';
import type { RingCheck } from './ring-check.ts';
import { RuleCounts, type RuleCountsJson } from './rule-counts.ts';

/** The submissions of a check. */
export interface IocbCheckJson extends RuleCountsJson {
  /**
   * Accepted submissions by the first Linux release that supports all they use, ascending. Empty
   * with profile `gvisor`.
   */
  releases: { release: string; count: number }[];
}

/** The result of `Check.toJSON()`, which `aioscope check --json` prints. */
export interface CheckJson extends EngineJson {
  version: string;
  /** Why one thread did what several were to do; present if it did. */
  workersReason?: string;
  profile: ProfileName;
  /**
   * `records` of a ring are all its events, live and stale, and `selected` those that are checked.
   */
  inputs: SummaryInput[];
  /** Present if an input is of kind iocb. */
  iocb?: IocbCheckJson;
  /** Present if an input is of kind io_event or aio_ring. */
  io_event?: RuleCountsJson;
  /** Present if an input is of kind aio_ring. */
  rings?: RingCheck[];
  quality: { records: number; tornBytes: number };
}

/** The state of a `Check`, which can be cloned to another thread. */
export interface CheckState extends EngineUse {
  readonly profile: ProfileName;
  readonly inputs: readonly SummaryInput[];
  readonly rings: readonly RingCheck[];
  readonly releases: Float64Array;
  readonly submissions: StateOf<RuleCounts>;
  readonly completions: StateOf<RuleCounts>;
}

/**
 * The check of any number of sources: what a kernel would have refused or ignored, and what no
 * kernel can have returned. Memory is bounded whatever their size. The checks of parts merge to
 * that of the whole.
 */
export class Check implements EngineUse {
  readonly engine: EngineName;
  /** Why `auto` did not choose the faster engine; null if it did, or if an engine was given. */
  readonly engineReason: string | null;
  readonly profile: ProfileName;
  /**
   * Why the calling thread did what worker threads were to do; null if they did it, or if one
   * thread was enough.
   */
  workersReason: string | null = null;
  readonly inputs: SummaryInput[] = [];
  readonly rings: RingCheck[] = [];
  readonly #submissions: RuleCounts;
  readonly #completions: RuleCounts;
  /** Submissions by their first release: 1 + its index in RELEASES, 0 if none accepts them. */
  readonly releases: Float64Array = new Float64Array(RELEASES.length + 1);

  constructor({ engine, engineReason }: EngineUse, profile: ProfileName) {
    this.engine = engine;
    this.engineReason = engineReason;
    this.profile = profile;
    this.#submissions = new RuleCounts(IOCB_RULES, profile);
    this.#completions = new RuleCounts(IO_EVENT_RULES, profile);
  }

  /** Whether anything is refused or impossible: `aioscope check` then exits with 3. */
  get hasRefusals(): boolean {
    return (
      this.#submissions.hasRefusals ||
      this.#completions.hasRefusals ||
      this.rings.some(({ rules }) => rules.some((rule) => rule.class === 'impossible'))
    );
  }

  /**
   * Adds another check of the same profile: its inputs follow these. Cost: the size of its tables.
   *
   * @throws AioscopeError `AIOSCOPE_OPTION` if the profiles differ
   */
  merge(other: Check): this {
    checkMerge(other instanceof Check, 'Check', other);
    this.workersReason ??= other.workersReason;
    return this.mergeState(other.state());
  }

  /** Returns the state, which shares its tables with the check until it is cloned. */
  state(): CheckState {
    const { engine, engineReason, profile, inputs, rings, releases } = this;
    const [submissions, completions] = [this.#submissions, this.#completions];
    const counts = { releases, submissions, completions };
    return { engine, engineReason, profile, inputs, rings, ...counts };
  }

  /**
   * Adds the state of another check of the same profile, perhaps from another thread.
   *
   * @throws AioscopeError `AIOSCOPE_OPTION` if the profiles differ
   */
  mergeState(state: CheckState): this {
    checkMerge(Array.isArray(state?.inputs), 'CheckState', state);
    if (state.profile !== this.profile)
      throw new AioscopeError(
        'AIOSCOPE_OPTION',
        `cannot merge a check of profile ${state.profile} into one of profile ${this.profile}`,
      );
    joinEngine(this, state);
    this.inputs.push(...state.inputs);
    this.rings.push(...state.rings);
    this.#submissions.merge(state.submissions);
    this.#completions.merge(state.completions);
    addCounts(this.releases, state.releases);
    return this;
  }

  /** Returns the counts for records of `kind`. */
  section(kind: Kind): RuleCounts {
    return oneOf('kind', kind, KINDS) === 'iocb' ? this.#submissions : this.#completions;
  }

  /** Returns the check as plain data. */
  toJSON(): CheckJson {
    const has = (...kinds: Kind[]) => this.inputs.some(({ kind }) => kinds.includes(kind));
    const releases = RELEASES.map((release, i) => ({
      release,
      count: this.releases[i + 1],
    })).filter(({ count }) => count > 0);
    const total = (of: 'records' | 'tornBytes') =>
      this.inputs.reduce((sum, input) => sum + input[of], 0);
    return {
      version,
      ...engineJson(this),
      ...(this.workersReason !== null && { workersReason: this.workersReason }),
      profile: this.profile,
      inputs: this.inputs,
      ...(has('iocb') && { iocb: { ...this.#submissions.toJSON(), releases } }),
      ...(has('io_event', 'aio_ring') && { io_event: this.#completions.toJSON() }),
      ...(has('aio_ring') && { rings: this.rings }),
      quality: { records: total('records'), tornBytes: total('tornBytes') },
    };
  }
}
