import { RELEASES } from '../../abi/release.ts';
import {
  IO_EVENT_RULES,
  IOCB_RULES,
  PROFILES,
  type ProfileName,
  RING_RULES,
  type RingRuleName,
  type RuleClass,
} from '../../abi/rule.ts';
import type { EngineName } from '../../engine/kernel.ts';
import { AioscopeError } from '../../errors.ts';
import { type Kind, oneOf } from '../../layout/schema.ts';
import { type AnalyzeOptions, BLOCK_RECORDS, blockReader } from '../../stream/block-reader.ts';
import type { Opened } from '../../stream/open-source.ts';
import type { Reading } from '../../stream/reader.ts';
import type { RingState } from '../../stream/ring.ts';
import type { Source } from '../../stream/source.ts';
import { version } from '../../version.ts';
import { addCounts } from '../summary/section.ts';
import type { SummaryInput } from '../summary/summary.ts';
import { RuleCounts, type RuleCountsJson } from './rule-counts.ts';

/** How a source is to be checked. */
export interface CheckOptions extends AnalyzeOptions {
  /** Whose rules; `linux` unless said otherwise. */
  readonly profile?: ProfileName | undefined;
}

/** The requests of a check. */
export interface IocbCheckJson extends RuleCountsJson {
  /**
   * The requests that are taken by the first Linux release that knows all that they use, ascending; of profile `gvisor` none.
   */
  releases: { release: string; count: number }[];
}

/** What is odd about the header of one ring. */
export interface RingCheck {
  file: string;
  rules: { rule: RingRuleName; class: RuleClass }[];
}

/** What `Check.toJSON()` gives, and `aioscope check --json` prints. */
export interface CheckJson {
  version: string;
  engine: EngineName;
  profile: ProfileName;
  /** Of a ring `records` are all its events, live and stale. */
  inputs: SummaryInput[];
  /** There when an input was of kind iocb. */
  iocb?: IocbCheckJson;
  /** There when an input was of kind io_event or aio_ring. */
  io_event?: RuleCountsJson;
  /** There when an input was of kind aio_ring. */
  rings?: RingCheck[];
  quality: { records: number; tornBytes: number };
}

/** What header fields of a ring that is one can still have wrong. */
const RING_TESTS: Readonly<Record<RingRuleName, (ring: RingState) => boolean>> = {
  'incompat-features': ({ header }) => header.incompat_features !== 0,
  'header-length': ({ header }) => header.header_length !== 32,
  'slots-missing': ({ missing }) => missing !== undefined,
  'tail-beyond-nr': ({ header }) => header.tail >= header.nr,
  'head-beyond-nr': ({ header }) => header.head >= header.nr,
  'compat-features': ({ header }) => header.compat_features !== 1,
  'nr-not-whole-pages': ({ header }) => ((header.nr + 1) * 32) % 4096 !== 0,
};

function ringCheck(file: string, ring: RingState, profile: ProfileName): RingCheck {
  const rules = RING_RULES.filter(({ name }) => RING_TESTS[name](ring));
  return {
    file,
    rules: rules.map(({ name, classes }) => ({ rule: name, class: classes[profile] })),
  };
}

/**
 * What a kernel would have said to the requests of any number of sources, and what cannot be genuine in their results.
 * Bounded whatever the size. `merge` of the parts is the check of the whole.
 */
export class Check {
  readonly engine: EngineName;
  readonly profile: ProfileName;
  readonly inputs: SummaryInput[] = [];
  readonly rings: RingCheck[] = [];
  readonly #requests: RuleCounts;
  readonly #events: RuleCounts;
  /** Requests by the number of their first release in RELEASES; 0: none takes them. */
  readonly releases = new Float64Array(RELEASES.length + 1);

  constructor(engine: EngineName, profile: ProfileName) {
    this.engine = engine;
    this.profile = profile;
    this.#requests = new RuleCounts(IOCB_RULES, profile);
    this.#events = new RuleCounts(IO_EVENT_RULES, profile);
  }

  /** Whether anything is refused or impossible: what `aioscope check` exits with 3 for. */
  get hasRefusals(): boolean {
    return (
      this.#requests.hasRefusals ||
      this.#events.hasRefusals ||
      this.rings.some(({ rules }) => rules.some((rule) => rule.class === 'impossible'))
    );
  }

  /**
   * Add another check of the same profile: its inputs after these. Cost: the size of its tables.
   *
   * @throws AioscopeError `AIOSCOPE_OPTION` where the profiles differ
   */
  merge(other: Check): this {
    if (other.profile !== this.profile)
      throw new AioscopeError(
        'AIOSCOPE_OPTION',
        `a check of profile ${other.profile} cannot be merged into one of profile ${this.profile}`,
      );
    this.inputs.push(...other.inputs);
    this.rings.push(...other.rings);
    this.#requests.merge(other.#requests);
    this.#events.merge(other.#events);
    addCounts(this.releases, other.releases);
    return this;
  }

  /** The section that the records of `kind` are counted in. */
  section(kind: Kind): RuleCounts {
    return kind === 'iocb' ? this.#requests : this.#events;
  }

  /** The whole as plain data: what the command line prints as JSON. */
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
      engine: this.engine,
      profile: this.profile,
      inputs: this.inputs,
      ...(has('iocb') && { iocb: { ...this.#requests.toJSON(), releases } }),
      ...(has('io_event', 'aio_ring') && { io_event: this.#events.toJSON() }),
      ...(has('aio_ring') && { rings: this.rings }),
      quality: { records: total('records'), tornBytes: total('tornBytes') },
    };
  }
}

/** Count a column of releases by its runs. */
function countReleases(totals: Float64Array, releases: Uint8Array, count: number): void {
  for (let begin = 0; begin < count; ) {
    const release = releases[begin];
    let end = begin + 1;
    while (end < count && releases[end] === release) end += 1;
    totals[release] += end - begin;
    begin = end;
  }
}

/** Check a session's records, block by block. */
async function checkRecords(found: Check, file: string, session: Reading): Promise<void> {
  const { decoder } = session;
  const { columns, kind } = decoder.schema;
  const [anomalies, reasons, releases] = ['anomalies', 'firstRefusal', 'minKernel'].map(
    (name) => decoder.columns[columns.findIndex((column) => column.name === name)],
  );
  const section = found.section(kind);
  let index = 0;
  for (let records = await session.next(); records > 0; records = await session.next()) {
    for (let done = 0; done < records; done += BLOCK_RECORDS) {
      const count = Math.min(BLOCK_RECORDS, records - done);
      const selected = session.decode(done, count);
      section.add(
        anomalies as Uint32Array,
        reasons as Uint8Array,
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

/**
 * Hold every record of a source against the rules of a kernel: which requests io_submit would refuse, and why; what it would
 * pass over in silence; what looks odd; which results no kernel can have given. One pass, memory bounded whatever the size.
 *
 * @throws as `open` does, and `AIOSCOPE_UNKNOWN` where no kind is given and none is recognized. Of a source that fails
 *   nothing is reported.
 */
export async function check(source: Source | Opened, options: CheckOptions = {}): Promise<Check> {
  const profile = oneOf('profile', options.profile ?? PROFILES[0], PROFILES);
  const reader = await blockReader(source, { ...options, check: profile });
  const found = new Check(reader.engine, profile);
  const session = await reader.start();
  const file = options.name ?? reader.sourceName;
  try {
    await checkRecords(found, file, session);
  } finally {
    await session.close();
  }
  const { schema, quality, ring } = reader;
  const { bytes, records, tornBytes } = quality;
  found.inputs.push({
    file,
    kind: schema.kind,
    endian: schema.endian,
    layout: schema.layout.text,
    bytes,
    records,
    tornBytes,
  });
  if (ring !== undefined) found.rings.push(ringCheck(file, ring, profile));
  return found;
}
