// The parts of ClickHouse's client that we use. It is an optional peer dependency, so its own types
// may not be installed.
declare module '@clickhouse/client' {
  import type { Readable } from 'node:stream';

  export interface ClickHouseClient {
    exec(params: {
      readonly query: string;
      readonly values?: Readable;
      readonly clickhouse_settings?: Readonly<Record<string, string | number>>;
      readonly abort_signal?: AbortSignal | undefined;
    }): Promise<{ readonly stream: Readable }>;
    close(): Promise<void>;
  }
  export function createClient(options: {
    readonly url: string;
    readonly username?: string | undefined;
    readonly password?: string | undefined;
    readonly request_timeout?: number | undefined;
    readonly max_open_connections?: number | undefined;
    readonly application?: string | undefined;
    readonly tls?: { readonly ca_cert: Buffer } | undefined;
    readonly log?: { readonly level: number };
  }): ClickHouseClient;
  export const ClickHouseLogLevel: { readonly OFF: number };
}
