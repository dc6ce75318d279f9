// The check as a part of a survey.
import type { ProfileName } from '../../abi/rule.ts';
import { inputOf, joinInputs } from '../summary/summary.ts';
import type { SurveyBlock, SurveyCounter, SurveyInput, SurveyPart } from '../survey/part.ts';
import { Check, type CheckState } from './check.ts';
import { ringCheck } from './ring-check.ts';

/** Counts a column of releases run by run. */
function countReleases(totals: Float64Array, releases: Uint8Array, count: number): void {
  for (let begin = 0; begin < count; ) {
    const release = releases[begin];
    let end = begin + 1;
    while (end < count && releases[end] === release) end += 1;
    totals[release] += end - begin;
    begin = end;
  }
}

class CheckCounter implements SurveyCounter<Check> {
  readonly #found: Check;
  readonly #input: SurveyInput;
  readonly #anomalies: Uint32Array;
  readonly #refusals: Uint8Array;
  /** Completions have none. */
  readonly #releases: Uint8Array | undefined;

  constructor(input: SurveyInput, profile: ProfileName) {
    const { columns, schema } = input.reading.decoder;
    const [anomalies, refusals, releases] = ['anomalies', 'firstRefusal', 'minKernel'].map(
      (name) => columns[schema.columns.findIndex((column) => column.name === name)],
    );
    this.#found = new Check(input.reader, profile);
    this.#input = input;
    this.#anomalies = anomalies as Uint32Array;
    this.#refusals = refusals as Uint8Array;
    this.#releases = releases as Uint8Array | undefined;
  }

  add({ index, rows }: SurveyBlock): void {
    const { file, reading } = this.#input;
    const { decoder } = reading;
    const section = this.#found.section(decoder.schema.kind);
    section.add(this.#anomalies, this.#refusals, rows, file, index, decoder.rows);
    if (this.#releases !== undefined) countReleases(this.#found.releases, this.#releases, rows);
  }

  finish(): Check {
    const found = this.#found;
    const { reader, file } = this.#input;
    const { schema, quality, ring } = reader;
    const { records } = quality;
    const { records: selected } = found.section(schema.kind);
    found.inputs.push(inputOf(reader, file, { records, selected }));
    if (ring !== undefined) found.rings.push(ringCheck(file, ring, found.profile));
    return found;
  }
}

/** Checks records against the rules of a kernel. */
export const checkPart = ({ profile }: { readonly profile: ProfileName }): SurveyPart<Check> => ({
  name: 'check',
  options: { profile },
  check: profile,
  begin: (input) => new CheckCounter(input, profile),
  stateOf: (found) => found.state(),
  join: (before, state) => {
    const next = state as CheckState;
    const found = (before ?? new Check(next, profile)).mergeState(next);
    joinInputs(found.inputs);
    return found;
  },
  isExact: () => true,
});
