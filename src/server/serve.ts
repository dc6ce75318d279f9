// A server on loopback, from its files to its end.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { AioscopeError, reasonOf } from '../errors.ts';
import { makeApp } from './app.ts';
import { type FileToServe, ServedFiles } from './files.ts';
import { secure } from './guard.ts';
import { readPage } from './page.ts';

/** What to serve, and where. */
export interface ServeOptions {
  readonly files: readonly FileToServe[];
  /** The folder of the built page. */
  readonly page: string;
  /** The port; 0 for any that is free. */
  readonly port: number;
  /** Takes what went wrong during an answer. */
  onFault(message: string): void;
}

/** A server that answers. */
export interface RunningServer {
  /** Where the page is. */
  readonly url: string;
  /** Closes every connection and file. */
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/** What to do about a port that cannot be had, by the cause's code. */
const PORT_REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program uses this port; choose another one, or 0 for any that is free',
  EACCES: 'this port needs more rights; choose one from 1024 up, or 0 for any that is free',
};

function cannotListen(port: number, cause: NodeJS.ErrnoException): AioscopeError {
  const reason = PORT_REASONS[cause.code ?? ''] ?? reasonOf(cause);
  return new AioscopeError(
    'AIOSCOPE_OPTION',
    (option) => `${option('port')} is ${port}; ${reason}`,
    {
      cause,
    },
  );
}

/** Starts listening. */
function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => reject(cannotListen(port, error));
    server.once('error', refuse).listen(port, HOST, () => {
      server.off('error', refuse);
      resolve();
    });
  });
}

/**
 * Serves the page and files on the loopback interface. Nothing is served before every file is open.
 *
 * @throws AioscopeError `AIOSCOPE_READ` or `AIOSCOPE_SOURCE` for a file that cannot be served,
 *   `AIOSCOPE_OPTION` for a port that cannot be had
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { port, onFault } = options;
  const files = await ServedFiles.open(options.files);
  try {
    const app = makeApp({ files, page: await readPage(options.page), onFault });
    const server = createAdaptorServer({
      fetch: app.fetch,
      overrideGlobalObjects: false,
    }) as Server;
    secure(server);
    await listen(server, port);
    const { port: found } = server.address() as AddressInfo;
    const close = async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      files.close();
    };
    return { url: `http://${HOST}:${found}/`, close };
  } catch (error) {
    files.close();
    throw error;
  }
}
