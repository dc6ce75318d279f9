// A server of a small page, and requests that no client library has made harmless.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { FileToServe } from '../../src/server/index.ts';
import { serve } from '../../src/server/index.ts';

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'aioscope-server-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

export const INDEX = '<!doctype html>\n<html lang="en"><title>a page</title><p>é</p></html>\n';
export const SCRIPT = 'assets/main-AbC-12_x.js';

/** Writes a page as Vite builds it. */
export function writePage(folder: string): string {
  const page = join(folder, 'page');
  mkdirSync(join(page, 'assets'), { recursive: true });
  writeFileSync(join(page, 'index.html'), INDEX);
  writeFileSync(join(page, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  writeFileSync(join(page, SCRIPT), 'console.log(1);\n');
  writeFileSync(join(page, 'assets/style-0a1b2c3d.css'), 'p {}\n');
  writeFileSync(join(page, 'assets/kernel.wasm'), '\0asm');
  return page;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

type Headers = Readonly<Record<string, string>>;

/** A server, and requests to it with a path that is sent as it is. */
export interface Site {
  readonly url: string;
  readonly port: number;
  readonly faults: readonly string[];
  ask(path: string, headers?: Headers, method?: string): Promise<Answer>;
  /** An answer whose body is not read yet. */
  begin(path: string, headers?: Headers): Promise<IncomingMessage>;
  close(): Promise<void>;
}

async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Serves files until the test ends. */
export async function siteOf(
  files: readonly FileToServe[] = [],
  page = writePage(temporaryFolder()),
): Promise<Site> {
  const faults: string[] = [];
  const server = await serve({ files, page, port: 0, onFault: (fault) => faults.push(fault) });
  onTestFinished(() => server.close());
  const { port } = new URL(server.url);
  const begin = (path: string, headers: Headers = {}, method = 'GET') =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const agent = new Agent();
      request({ host: '127.0.0.1', port, path, method, headers, agent }, resolve)
        .on('error', reject)
        .end();
    });
  return {
    url: server.url,
    port: Number(port),
    faults,
    begin,
    async ask(path, headers, method) {
      const response = await begin(path, headers, method);
      const { statusCode: status = 0, headers: found } = response;
      return { status, headers: found, body: await bodyOf(response) };
    },
    close: () => server.close(),
  };
}
