import { RELEASES } from '../../abi/release.ts';
import { IO_EVENT_RULES, IOCB_RULES, PROFILES, type ProfileName } from '../../abi/rule.ts';
import {
  type EngineJson,
  type EngineName,
  type EngineUse,
  engineJson,
  joinEngine,
} from '../../engine/kernel.ts';
import { AioscopeError } from '../../errors.ts';
import { checkMerge, checkOptions } from '../../layout/option-names.ts';
import { KINDS, type Kind, oneOf } from '../../layout/schema.ts';
import {
  ANALYZE_NAMES,
  type AnalyzeOptions,
  analysisReader,
  BLOCK_RECORDS,
  openStreams,
} from '../../stream/analysis-reader.ts';
import type { Opened } from '../../stream/open-source.ts';
import type { Reading } from '../../stream/reading.ts';
import type { Source } from '../../stream/source.ts';
import { version } from '../../version.ts';
import { addCounts } from '../summary/section.ts';
import { inputOf, type SummaryInput } from '../summary/summary.ts';
import { type RingCheck, ringCheck } from './ring-check.ts';
import { RuleCounts, type RuleCountsJson } from './rule-counts.ts';

/** Options of `check`. */
export interface CheckOptions extends AnalyzeOptions {
  /** The kernel whose rules apply; `linux` by default. */
  readonly profile?: ProfileName | undefined;
}

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
    if (other.profile !== this.profile)
      throw new AioscopeError(
        'AIOSCOPE_OPTION',
        `cannot merge a check of profile ${other.profile} into one of profile ${this.profile}`,
      );
    joinEngine(this, other);
    this.inputs.push(...other.inputs);
    this.rings.push(...other.rings);
    this.#submissions.merge(other.#submissions);
    this.#completions.merge(other.#completions);
    addCounts(this.releases, other.releases);
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
      profile: this.profile,
      inputs: this.inputs,
      ...(has('iocb') && { iocb: { ...this.#submissions.toJSON(), releases } }),
      ...(has('io_event', 'aio_ring') && { io_event: this.#completions.toJSON() }),
      ...(has('aio_ring') && { rings: this.rings }),
      quality: { records: total('records'), tornBytes: total('tornBytes') },
    };
  }
}

const RELEASE_SLOTS = RELEASES.length + 1;

/** Counts a column of releases, four at once. */
function countReleases(totals: Float64Array, releases: Uint8Array, count: number): void {
  const fours = new Uint32Array(releases.buffer, releases.byteOffset, count >>> 2);
  // Most blocks have one release throughout.
  const first = Math.imul(releases[0], 0x01010101) >>> 0;
  let i = 0;
  while (i < fours.length && fours[i] === first) i += 1;
  totals[releases[0]] += 4 * i;
  // A count has to wait for the one before it in the same place: each of the four has its own.
  const counts = new Uint32Array(4 * RELEASE_SLOTS);
  for (; i < fours.length; i++) {
    const four = fours[i];
    counts[four & 255] += 1;
    counts[RELEASE_SLOTS + ((four >>> 8) & 255)] += 1;
    counts[2 * RELEASE_SLOTS + ((four >>> 16) & 255)] += 1;
    counts[3 * RELEASE_SLOTS + (four >>> 24)] += 1;
  }
  for (let at = 0; at < counts.length; at++) totals[at % RELEASE_SLOTS] += counts[at];
  for (let rest = 4 * fours.length; rest < count; rest++) totals[releases[rest]] += 1;
}

/** Checks records block by block. */
async function checkRecords(found: Check, file: string, reading: Reading): Promise<void> {
  const { decoder } = reading;
  const { columns, kind } = decoder.schema;
  const [anomalies, refusals, releases] = ['anomalies', 'firstRefusal', 'minKernel'].map(
    (name) => decoder.columns[columns.findIndex((column) => column.name === name)],
  );
  const section = found.section(kind);
  let index = 0;
  for (let records = await reading.next(); records > 0; records = await reading.next()) {
    for (let done = 0; done < records; done += BLOCK_RECORDS) {
      const count = Math.min(BLOCK_RECORDS, records - done);
      const selected = reading.decode(done, count);
      section.add(
        anomalies as Uint32Array,
        refusals as Uint8Array,
        selected,
        file,
        index,
        decoder.rows,
      );
      if (releases !== undefined) countReleases(found.releases, releases as Uint8Array, selected);
      index += count;
    }
  }
}

const TRACE_USE = ['submissions', 'refused', 'completions'] as const;

/**
 * Checks every record of a source against the rules of a kernel: which submissions io_submit would
 * refuse, and why; what it would silently ignore; what is suspicious; which results no kernel can
 * have returned. One pass; memory is bounded whatever the size of the source. With conditions only
 * the selected records are checked; the header of a ring is always checked. In a trace without a
 * kind, all records are checked, those of refused submissions too.
 *
 * @throws as `open` does, and `AIOSCOPE_UNKNOWN` if no kind is given or detected. A source that
 *   fails yields no check.
 */
export async function check(source: Source | Opened, options: CheckOptions = {}): Promise<Check> {
  checkOptions('check', options, [ANALYZE_NAMES, 'profile']);
  const profile = oneOf('profile', options.profile ?? PROFILES[0], PROFILES);
  const [first, ...others] = await openStreams(source, options, TRACE_USE);
  const found = await checkStream(first, options, profile);
  for (const opened of others) found.merge(await checkStream(opened, options, profile));
  return found;
}

/** Checks one stream. */
async function checkStream(
  opened: Opened,
  options: CheckOptions,
  profile: ProfileName,
): Promise<Check> {
  const reader = await analysisReader(opened, { ...options, check: profile });
  const reading = await reader.start();
  const found = new Check(reader, profile);
  const file = options.name ?? reader.sourceName;
  try {
    await checkRecords(found, file, reading);
  } finally {
    await reading.close();
  }
  const { schema, quality, ring } = reader;
  const { records } = quality;
  const { records: selected } = found.section(schema.kind);
  found.inputs.push(inputOf(reader, file, { records, selected }));
  if (ring !== undefined) found.rings.push(ringCheck(file, ring, profile));
  return found;
}
