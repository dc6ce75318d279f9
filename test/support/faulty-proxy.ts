// An HTTP proxy in front of a node that fails in the ways of networks, proxies and full servers.
import {
  createServer,
  type IncomingMessage,
  request as requestOf,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to a request once `afterBytes` of its body have gone to the node; 0 by default. */
type Fault = { readonly afterBytes?: number } & (
  | { readonly does: 'answer'; readonly status: number; readonly words?: string }
  | { readonly does: 'close' }
  /** The node does its work, but its answer is lost. */
  | { readonly does: 'lose the answer' }
  /** Nothing is read or answered any more, and the connection stays open. */
  | { readonly does: 'stall' }
  /** A bit of the byte there arrives inverted. */
  | { readonly does: 'flip a bit' }
);

export interface FaultyProxy {
  readonly url: string;
  /** Statements that were requested, in order. */
  readonly statements: readonly string[];
  /** How many requests failed. */
  readonly failed: number;
  /** From now on requests whose statement matches fail, at most so often. */
  fail(statement: RegExp, fault: Fault, times?: number): void;
  /** From now on everything works. */
  mend(): void;
  close(): Promise<void>;
}

/** The statement of a request: in the URL, or before the body that is read so far. */
function statementOf({ url = '' }: IncomingMessage, body: Buffer): string {
  return new URL(url, 'http://localhost').searchParams.get('query') ?? body.toString('latin1');
}

function flipAt(bytes: Buffer, at: number): void {
  if (at >= 0 && at < bytes.byteLength) bytes[at] ^= 1;
}

/** Sends a request on to the node, and fails on the way if it has to. */
async function relay(
  target: URL,
  incoming: IncomingMessage,
  response: ServerResponse,
  faultOf: (body: Buffer) => Fault | undefined,
): Promise<void> {
  const { method, url: path, headers } = incoming;
  const { hostname, port } = target;
  const outgoing = requestOf({ hostname, port, method, path, headers });
  let fault: Fault | undefined;
  outgoing.on('error', () => incoming.socket.destroy());
  response.on('close', () => outgoing.destroy());
  outgoing.on('response', (answer) => {
    if (fault?.does === 'lose the answer') {
      answer.resume().on('end', () => incoming.socket.destroy());
      return;
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  let sent = 0;
  let isFirst = true;
  const limitOf = ({ does, afterBytes = 0 }: Fault) =>
    does === 'lose the answer' || does === 'flip a bit' ? Number.POSITIVE_INFINITY : afterBytes;
  const chunks: AsyncIterable<Buffer> = incoming.iterator({ destroyOnReturn: false });
  const fails = (): boolean => {
    if (fault === undefined || sent < limitOf(fault)) return false;
    incoming.pause();
    if (fault.does === 'stall') return true;
    outgoing.destroy();
    if (fault.does === 'close') incoming.socket.destroy();
    else if (fault.does === 'answer') {
      response.writeHead(fault.status, { Connection: 'close', 'Content-Type': 'text/plain' });
      response.end(`${fault.words ?? 'This answer was made up.'}\n`);
    }
    return true;
  };
  for await (const chunk of chunks) {
    if (isFirst) fault = faultOf(chunk);
    isFirst = false;
    const part = fault === undefined ? chunk : chunk.subarray(0, limitOf(fault) - sent);
    if (fault?.does === 'flip a bit') flipAt(part, (fault.afterBytes ?? 0) - sent);
    sent += part.byteLength;
    if (part.byteLength > 0 && !outgoing.write(part))
      await new Promise((done) => outgoing.once('drain', done));
    if (fails()) return;
  }
  if (isFirst) {
    fault = faultOf(Buffer.alloc(0));
    if (fails()) return;
  }
  outgoing.end();
}

/** Starts a proxy; requests go on to a node until `fail` is called. */
export async function faultyProxy(node: string): Promise<FaultyProxy> {
  const target = new URL(node);
  const statements: string[] = [];
  let plan: { statement: RegExp; fault: Fault; times: number } | undefined;
  let failed = 0;
  const server = createServer((incoming, response) => {
    const faultOf = (body: Buffer) => {
      const statement = statementOf(incoming, body);
      statements.push(statement);
      if (plan === undefined || plan.times === 0 || !plan.statement.test(statement))
        return undefined;
      plan.times -= 1;
      failed += 1;
      return plan.fault;
    };
    incoming.on('error', () => {});
    relay(target, incoming, response, faultOf).catch(() => incoming.socket.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    statements,
    get failed() {
      return failed;
    },
    fail: (statement, fault, times = Number.POSITIVE_INFINITY) => {
      plan = { statement, fault, times };
    },
    mend: () => {
      plan = undefined;
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
