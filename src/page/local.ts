// A session whose work is done by workers of the page.
import type { Ask, OpenAsk, SurveyAsk, Tell } from './messages.ts';
import type {
  FileFormat,
  OpenedFile,
  PageSource,
  Session,
  SurveyResult,
  SurveyUpdate,
  TimeRange,
  TimeZones,
} from './session.ts';
import { WorkerClient } from './worker-client.ts';

type Question = Ask extends infer T ? (T extends unknown ? Omit<T, 'id'> : never) : never;

const formatOf = ({ kind, layout, endian }: FileFormat): FileFormat => ({ kind, layout, endian });

const isTrace = (source: PageSource): boolean =>
  'files' in source || source.name.endsWith('.aiotrace');

const analysisWorker = () =>
  new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'analysis' });

/** Files of the browser, or of the server that the page is from. */
export class LocalSession implements Session {
  readonly #sources: readonly PageSource[];
  /** Surveys and ranges have a worker each: a range is read while the survey goes on. */
  readonly #survey = new WorkerClient(analysisWorker);
  readonly #range = new WorkerClient(analysisWorker);
  #files: readonly OpenedFile[] = [];
  #formats: SurveyAsk['formats'] = [];
  #zones: readonly TimeZones[] | undefined;

  constructor(sources: readonly PageSource[]) {
    this.#sources = sources;
  }

  async open(
    formats: readonly (Partial<FileFormat> | undefined)[] = [],
  ): Promise<readonly OpenedFile[]> {
    const question: Omit<OpenAsk, 'id'> = { op: 'open', sources: this.#sources, formats };
    type Last = Tell & { readonly opened: readonly (readonly OpenedFile[])[] };
    const { opened } = await this.#survey.ask<Last>(question);
    this.#formats = opened.map(([file], i) =>
      isTrace(this.#sources[i]) ? undefined : formatOf(file),
    );
    this.#files = opened.flat();
    this.#zones = undefined;
    return this.#files;
  }

  async survey(
    onUpdate: (update: SurveyUpdate) => void,
    signal: AbortSignal,
  ): Promise<SurveyResult> {
    const { result, zones } = await this.#read(this.#survey, {}, onUpdate, signal);
    this.#zones = zones;
    return result;
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

  close(): void {
    this.#survey.end();
    this.#range.end();
  }

  async #read(
    client: WorkerClient,
    how: Pick<SurveyAsk, 'range' | 'zones'>,
    onUpdate: (update: SurveyUpdate) => void,
    signal: AbortSignal,
  ) {
    const sources = this.#sources;
    const question: Question = { op: 'survey', sources, formats: this.#formats, ...how };
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
