// One node: statements, rows and blocks over HTTP, and what its errors mean.
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { ClickHouseClient } from '@clickhouse/client';
import { AioscopeError, excerpt, messageOf } from '../errors.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { loadPeer } from './peer.ts';

const TIMEOUT_MS = 120_000;
/** The first version that has codecs of columns as we use them. */
const CODECS_SINCE = 20;

/** The first version that may collect inserts, and that has a setting for it. */
const ASYNC_SINCE = 22;

/** What the codes of errors mean for whoever loads, by the number or the code of Node. */
const ADVICE: Readonly<Record<string, string>> = {
  '60': 'create the tables: aioscope clickhouse schema --apply',
  '81': 'create the database and its tables: aioscope clickhouse schema --apply',
  '192': 'check the user and the password',
  '193': 'check the user and the password',
  '194': 'check the user and the password',
  '243': 'the disk of the node is full; free space, and run the same load again',
  '497': 'the user may not do this; grant it, or use another one',
  '516': 'check the user and the password',
  ECONNREFUSED: 'nothing listens there; check the address, and that the server runs',
  ECONNRESET: 'the connection was lost; run the same load again',
  EPIPE: 'the connection was lost; run the same load again',
  ENOTFOUND: 'no such host; check the address',
  EAI_AGAIN: 'the name of the host cannot be resolved now; check the address',
};

/** What an error of the client or of Node has. */
interface Failure {
  readonly code?: string;
  readonly message?: string;
}

const isCertificate = ({ code = '' }: Failure): boolean => /CERT|SELF_SIGNED|ISSUER/.test(code);

/** The first line of a server's message, without its stack, version and host. */
function reasonIn(message: string): string {
  const [line] = message
    .replace(/\s*\(version [^)]*\)+\s*$/, '')
    .trim()
    .split('\n');
  return excerpt(
    line
      .replace(/^Code: \d+\.?,? ?/, '')
      .replace(/^e\.displayText\(\) = /, '')
      .replace(/, e\.what\(\) = \S*$/, '')
      .replace(/^DB::Exception: /, ''),
  );
}

/** A limit of the client: its error has no code. */
const isTimeout = ({ code, message = '' }: Failure): boolean =>
  code === undefined && /timeout/i.test(message);

/** What to do after an error. */
function adviceOf(failure: Failure): string {
  const { message = '' } = failure;
  if (isTimeout(failure))
    return 'check that the node and the network are up, or raise the time limit, and run it again';
  if (isCertificate(failure))
    return 'name the certificate of the authority that has signed that of the node';
  if (/No space left on device/.test(message)) return ADVICE['243'];
  const code = failure.code ?? /^Code: (\d+)/.exec(message)?.[1] ?? '';
  return Object.hasOwn(ADVICE, code) ? ADVICE[code] : 'the log of the node may say more';
}

/** An error of a node, as ours: what was done, where, and what to do. */
function nodeError(url: string, what: string, cause: unknown): AioscopeError {
  const failure = Object(cause) as Failure;
  const reason = isTimeout(failure)
    ? 'no answer within the time limit'
    : reasonIn(messageOf(cause));
  return new AioscopeError(
    'AIOSCOPE_CLICKHOUSE',
    `${url}: ${what}: ${reason}; ${adviceOf(failure)}`,
    { cause },
  );
}

/** What an insert sends. */
interface Insert {
  readonly values?: Readable;
  readonly settings?: Readonly<Record<string, number>>;
}

/** A value of a row: the queries turn all numbers into text. */
export type Cell = string;

/** One node of ClickHouse. */
export class ClusterNode {
  readonly url: string;
  readonly #client: ClickHouseClient;
  readonly #signal: AbortSignal | undefined;
  #version: Promise<number> | undefined;

  constructor(
    url: string,
    { user, password, caCertificate, timeoutMs }: ConnectionOptions,
    signal: AbortSignal | undefined,
  ) {
    const { createClient, ClickHouseLogLevel } = loadPeer();
    this.url = url;
    this.#signal = signal;
    this.#client = createClient({
      url,
      username: user ?? 'default',
      password: password ?? '',
      request_timeout: timeoutMs ?? TIMEOUT_MS,
      application: 'aioscope',
      log: { level: ClickHouseLogLevel.OFF },
      ...(caCertificate !== undefined && { tls: { ca_cert: Buffer.from(caCertificate) } }),
    });
  }

  /** Returns the rows of a query whose columns are text. `what` says in an error what was done. */
  async rows(what: string, query: string): Promise<Cell[][]> {
    const answer = await this.#send(what, `${query} FORMAT JSONCompact`, this.#signal);
    try {
      return (JSON.parse(answer) as { readonly data: Cell[][] }).data;
    } catch {
      throw nodeError(this.url, what, new Error(answer));
    }
  }

  /** Runs a statement; one that is kept goes on, or begins, after the signal has fired. */
  async run(what: string, statement: string, isKept = false): Promise<void> {
    const signal = isKept ? undefined : this.#signal;
    const answer = await this.#send(what, statement, signal);
    if (answer.trim() !== '') throw nodeError(this.url, what, new Error(answer));
  }

  /**
   * Inserts blocks in the format Native. An error of their source is thrown as it is, and the
   * insert is broken off then.
   */
  async insert(
    what: string,
    into: string,
    blocks: AsyncIterable<Uint8Array>,
    stop: AbortSignal,
  ): Promise<void> {
    let fault: unknown;
    const settings = (await this.#year()) < ASYNC_SINCE ? {} : { async_insert: 0 };
    const values = Readable.from(
      caught(blocks, (error) => (fault = error)),
      {
        objectMode: false,
        highWaterMark: 1,
      },
    );
    let answer = '';
    const signal = this.#signal === undefined ? stop : AbortSignal.any([this.#signal, stop]);
    try {
      answer = await this.#send(what, `INSERT INTO ${into} FORMAT Native`, signal, {
        values,
        settings,
      });
    } catch (error) {
      throw fault ?? error;
    }
    if (fault !== undefined) throw fault;
    if (answer.trim() !== '') throw nodeError(this.url, what, new Error(answer));
  }

  /** Whether the server has codecs of columns. */
  async hasCodecs(): Promise<boolean> {
    return (await this.#year()) >= CODECS_SINCE;
  }

  /** The year of the server's version. */
  #year(): Promise<number> {
    this.#version ??= this.rows('asking for the version', 'SELECT version()').then(([[version]]) =>
      Number.parseInt(version, 10),
    );
    return this.#version;
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #send(
    what: string,
    query: string,
    signal: AbortSignal | undefined,
    { values, settings = {} }: Insert = {},
  ): Promise<string> {
    try {
      // The client does not look at a signal that has fired before.
      signal?.throwIfAborted();
      const { stream } = await this.#client.exec({
        query,
        ...(values !== undefined && { values }),
        clickhouse_settings: settings,
        abort_signal: signal,
      });
      return await text(stream);
    } catch (error) {
      values?.destroy();
      signal?.throwIfAborted();
      throw nodeError(this.url, what, error);
    }
  }
}

/** The same chunks; an error is told before it ends them. */
async function* caught(
  chunks: AsyncIterable<Uint8Array>,
  tell: (error: unknown) => void,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* chunks;
  } catch (error) {
    tell(error);
    throw error;
  }
}

/** Connects to every node; the caller closes them. */
export const connectAll = (
  urls: readonly string[],
  options: ConnectionOptions,
  signal?: AbortSignal,
): ClusterNode[] => urls.map((url) => new ClusterNode(url, options, signal));
