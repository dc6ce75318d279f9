// One node: statements, rows and blocks over HTTP.
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { ClickHouseClient } from '@clickhouse/client';
import type { AioscopeError } from '../errors.ts';
import { unlessAborted } from '../stream/fault.ts';
import { type ConnectionOptions, checkConnection } from './connection-options.ts';
import { nodeError, SilentNode } from './node-error.ts';
import { loadPeer } from './peer.ts';
import { SilenceTimer, withSourceError } from './silence.ts';

const TIMEOUT_MS = 120_000;
/** The longest time that a timer of Node takes. */
const NEVER_MS = 2 ** 31 - 1;

/** The first version that supports column codecs as we use them. */
const CODECS_SINCE = 20;

/** The first version that may collect inserts, and that has a setting for it. */
const ASYNC_SINCE = 22;

/** What an insert sends. */
interface Insert {
  readonly values?: Readable;
  readonly settings?: Readonly<Record<string, number>>;
  /** The time limit, which the source of the values pauses. */
  readonly timer?: SilenceTimer;
}

/** A value of a row: the queries turn all numbers into text. */
export type Cell = string;

/** One node of ClickHouse. */
export class ClusterNode {
  readonly url: string;
  readonly #client: ClickHouseClient;
  readonly #signal: AbortSignal | undefined;
  readonly #timeoutMs: number;
  readonly #database: string | undefined;
  #version: Promise<number> | undefined;

  constructor(
    url: string,
    { user, password, database, caCertificate, timeoutMs = TIMEOUT_MS }: ConnectionOptions,
    signal: AbortSignal | undefined,
  ) {
    const { createClient, ClickHouseLogLevel } = loadPeer();
    this.url = url;
    this.#signal = signal;
    this.#timeoutMs = timeoutMs;
    this.#database = database;
    this.#client = createClient({
      url,
      username: user ?? 'default',
      password: password ?? '',
      // Its timer would count the time in which a source is waited for; see SilenceTimer.
      request_timeout: NEVER_MS,
      application: 'aioscope',
      log: { level: ClickHouseLogLevel.OFF },
      ...(caCertificate !== undefined && { tls: { ca_cert: Buffer.from(caCertificate) } }),
    });
  }

  /** Returns the rows of a query whose columns are text. `what` says in an error what was done. */
  async rows(what: string, query: string): Promise<Cell[][]> {
    const answer = await this.#send(what, `${query} FORMAT JSONCompact`, this.#signal);
    const data = dataOf(answer);
    if (data === undefined) throw this.#error(what, new Error(answer));
    return data;
  }

  /** Runs a statement; one that is kept goes on, or begins, after the signal has fired. */
  async run(what: string, statement: string, isKept = false): Promise<void> {
    const signal = isKept ? undefined : this.#signal;
    const answer = await this.#send(what, statement, signal);
    if (answer.trim() !== '') throw this.#error(what, new Error(answer));
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
    const settings = (await this.#majorVersion()) < ASYNC_SINCE ? {} : { async_insert: 0 };
    let fault: { readonly error: unknown } | undefined;
    const timer = new SilenceTimer(this.#timeoutMs);
    const bytes = withSourceError(blocks, timer, (error) => {
      fault = { error };
    });
    const values = Readable.from(bytes, { objectMode: false, highWaterMark: 1 });
    let answer = '';
    const signal = this.#signal === undefined ? stop : AbortSignal.any([this.#signal, stop]);
    try {
      answer = await this.#send(what, `INSERT INTO ${into} FORMAT Native`, signal, {
        ...{ values, settings, timer },
      });
    } catch (error) {
      throw fault === undefined ? error : fault.error;
    }
    if (fault !== undefined) throw fault.error;
    if (answer.trim() !== '') throw this.#error(what, new Error(answer));
  }

  /** Whether the server supports column codecs. */
  async hasCodecs(): Promise<boolean> {
    return (await this.#majorVersion()) >= CODECS_SINCE;
  }

  /** The first number of the server's version: its year, since 18. */
  #majorVersion(): Promise<number> {
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
    { values, settings = {}, timer = new SilenceTimer(this.#timeoutMs) }: Insert = {},
  ): Promise<string> {
    const stop = signal === undefined ? timer.signal : AbortSignal.any([signal, timer.signal]);
    let answer: Readable | undefined;
    try {
      // The client does not look at a signal that has fired before.
      signal?.throwIfAborted();
      const { stream } = await this.#client.exec({
        query,
        ...(values !== undefined && { values }),
        clickhouse_settings: settings,
        abort_signal: stop,
      });
      answer = stream;
      // Nor at one that fires during the answer.
      return await unlessAborted(text(stream), stop);
    } catch (error) {
      values?.destroy();
      answer?.destroy();
      signal?.throwIfAborted();
      throw this.#error(what, timer.signal.aborted ? new SilentNode() : error, timer.pausedMs);
    } finally {
      timer.close();
    }
  }

  #error(what: string, cause: unknown, sourceSilentMs = 0): AioscopeError {
    return nodeError({ url: this.url, database: this.#database, what, sourceSilentMs }, cause);
  }
}

/** The rows of an answer; undefined if it is not one of a query. */
function dataOf(answer: string): Cell[][] | undefined {
  try {
    const { data } = Object(JSON.parse(answer)) as { readonly data?: Cell[][] };
    return Array.isArray(data) ? data : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Connects to every node; the caller closes them.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` for invalid options
 */
export function connectAll(
  urls: readonly string[],
  options: ConnectionOptions,
  signal?: AbortSignal,
): ClusterNode[] {
  checkConnection(options);
  return urls.map((url) => new ClusterNode(url, options, signal));
}
