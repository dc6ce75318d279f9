// A session whose work is done by workers of the page.
import { AioscopeError, type Progress } from '../index.ts';
import { ZONE_RECORDS } from '../internal-page.ts';
import type { Ask, OpenAsk, SurveyAsk, Tell } from './messages.ts';
import { RowsClient } from './rows/client.ts';
import type { AskedFile } from './rows/messages.ts';
import { firstAtOrAfter } from './rows/zones.ts';
import {
  type FileFormat,
  type Found,
  isKnown,
  type OpenedFile,
  type PageSource,
  type RaceRow,
  type Rows,
  type Search,
  type Session,
  type SurveyResult,
  type SurveyUpdate,
  type TimeRange,
  type TimeZones,
} from './session.ts';
import { WorkerClient } from './worker-client.ts';

type Question = Ask extends infer T ? (T extends unknown ? Omit<T, 'id'> : never) : never;

const formatOf = ({ kind, layout, endian }: FileFormat): FileFormat => ({ kind, layout, endian });

const isTrace = (source: PageSource): boolean =>
  'files' in source || source.name.endsWith('.aiotrace');

const ANALYSIS = {
  start: () =>
    new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'analysis' }),
  name: 'the worker that analyzes files',
  takesStop: false,
};

/** Files of the browser, or of the server that the page is from. */
export class LocalSession implements Session {
  readonly #sources: readonly PageSource[];
  /** Surveys and ranges have a worker each: a range is read while the survey goes on. */
  readonly #survey = new WorkerClient(ANALYSIS);
  readonly #range = new WorkerClient(ANALYSIS);
  /** Rows are read while a survey or a race goes on. */
  readonly #rows = new RowsClient();
  readonly #race = new RowsClient();
  #files: readonly OpenedFile[] = [];
  #formats: SurveyAsk['formats'] = [];
  /** The place of the first file of each source. */
  #firsts: readonly number[] = [];
  #zones: readonly TimeZones[] | undefined;
  #inputs: SurveyResult['report']['inputs'] = [];

  constructor(sources: readonly PageSource[]) {
    this.#sources = sources;
  }

  async open(
    formats: readonly (Partial<FileFormat> | undefined)[] = [],
  ): Promise<readonly OpenedFile[]> {
    const sources = this.#sources;
    const given = sources.map((_, i) => formats[this.#firsts[i] ?? i]);
    const question: Omit<OpenAsk, 'id'> = { op: 'open', sources, formats: given };
    type Last = Tell & { readonly opened: readonly (readonly OpenedFile[])[] };
    const { opened } = await this.#survey.ask<Last>(question);
    this.#formats = opened.map(([file], i) =>
      isTrace(this.#sources[i]) ? undefined : formatOf(file),
    );
    this.#files = opened.flat();
    this.#firsts = opened.map((_, i) => opened.slice(0, i).flat().length);
    this.#zones = undefined;
    return this.#files;
  }

  async survey(
    onUpdate: (update: SurveyUpdate) => void,
    signal: AbortSignal,
  ): Promise<SurveyResult> {
    const { result, zones } = await this.#read(this.#survey, {}, onUpdate, signal);
    this.#zones = zones;
    this.#inputs = result.report.inputs;
    this.#warm();
    return result;
  }

  /** Reads a range in advance: the worker then has what the first range of a person needs. */
  #warm(): void {
    const range = { unit: 'record', from: 0n, to: BigInt(ZONE_RECORDS) } as const;
    // What cannot be read by index can still be read by time.
    this.#read(this.#range, { range }, () => {}, new AbortController().signal).catch(() => {});
  }

  async range(
    range: TimeRange,
    onUpdate: (update: SurveyUpdate) => void,
    signal: AbortSignal,
  ): Promise<SurveyResult> {
    const zones = this.#zones;
    const how = { range, ...(zones && { zones }) };
    return (await this.#read(this.#range, how, onUpdate, signal)).result;
  }

  async rows(file: number, first: number, count: number): Promise<Rows> {
    return this.#rows.ask({ op: 'rows', first, count, ...this.#asked(file) });
  }

  async preview(file: number, format: FileFormat, count: number): Promise<Rows> {
    return this.#rows.ask({ op: 'preview', count, ...this.#asked(file), format });
  }

  async atTime(file: number, time: bigint, signal: AbortSignal): Promise<Found> {
    const zones = this.#zonesOf(file);
    const first = zones === undefined ? 0 : firstAtOrAfter(zones, time);
    return this.#rows.ask({ op: 'atTime', time, first, ...this.#asked(file) }, { signal });
  }

  async find(
    file: number,
    search: Search,
    signal: AbortSignal,
    onProgress?: (progress: Progress) => void,
  ): Promise<Found> {
    return this.#rows.ask({ op: 'find', search, ...this.#asked(file) }, { signal, onProgress });
  }

  async race(
    file: number,
    onRow: (row: RaceRow) => void,
    signal: AbortSignal,
  ): Promise<readonly RaceRow[]> {
    return this.#race.ask({ op: 'race', ...this.#asked(file) }, { signal, onRow });
  }

  /** The zones of a file, which a survey has in the order of its inputs. */
  #zonesOf(file: number) {
    const { name, kind } = this.#files[file];
    const at = this.#inputs.findIndex((input) => input.file === name && input.kind === kind);
    return this.#zones?.[at];
  }

  #asked(file: number): AskedFile {
    const { name, bytes, kind, layout, endian, compression, part } = this.#files[file];
    if (bytes === undefined)
      throw new AioscopeError(
        'AIOSCOPE_SOURCE',
        `${name} is in a packed trace, which is read forward only; unpack it to see its records`,
      );
    return { source: bytes, format: { kind, layout, endian }, compression, part };
  }

  close(): void {
    this.#rows.close();
    this.#race.close();
    this.#survey.end();
    this.#range.end();
  }

  async #read(
    client: WorkerClient,
    how: Pick<SurveyAsk, 'range' | 'zones'>,
    onUpdate: (update: SurveyUpdate) => void,
    signal: AbortSignal,
  ) {
    const known = [...this.#sources.keys()].filter((i) => isKnown(this.#files[this.#firsts[i]]));
    const sources = known.map((i) => this.#sources[i]);
    const formats = known.map((i) => this.#formats[i]);
    const question: Question = { op: 'survey', sources, formats, ...how };
    let last = { bytes: 0, records: 0, totalBytes: undefined as number | undefined };
    const onReply = (reply: Tell) => {
      if ('progress' in reply) {
        last = reply.progress;
        onUpdate({ progress: last });
      } else if ('part' in reply) onUpdate({ progress: last, part: reply.part });
    };
    type Last = Tell & { result: SurveyResult; zones: readonly TimeZones[] };
    return client.ask<Last>(question, onReply as (reply: Last) => void, signal);
  }
}
