// Who may ask, and what an answer lets a page do. The server has no secret: it relies on these.
import type { Server } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { MiddlewareHandler } from 'hono';

/** What the server knows of a request besides the request: its socket. */
export interface ServerEnv {
  readonly Bindings: HttpBindings;
}

const POLICY = [
  ...["default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "style-src 'self'"],
  ...["worker-src 'self'", "img-src 'self' data: blob:", "connect-src 'self'"],
  ...["frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"],
].join('; ');

/** Headers of every answer: no other origin can load, frame or script it. */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Adds the security headers to every answer, also to those that the app does not see. */
export function secure(server: Server): void {
  server.prependListener('request', (_, answer) => {
    for (const [name, value] of Object.entries(HEADERS)) answer.setHeader(name, value);
  });
}

/** The names of this machine. The port may be another: that of a tunnel. */
const LOCAL = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i;

/**
 * Refuses requests for another host, as a page makes them whose name was bound to this address
 * (DNS rebinding), requests of other origins, and methods that change something.
 */
export const guarded: MiddlewareHandler<ServerEnv> = async (context, next) => {
  const { req } = context;
  const host = req.header('host') ?? '';
  if (!LOCAL.test(host)) return context.text('This server answers only to localhost.\n', 421);
  const origin = req.header('origin');
  if (origin !== undefined && origin !== `http://${host.toLowerCase()}`)
    return context.text('Requests from other origins are refused.\n', 403);
  // Browsers send no Origin with an image or a script; what it is made of, others must not learn.
  const site = req.header('sec-fetch-site');
  const isForeign = site === 'cross-site' || site === 'same-site';
  if (isForeign && req.path.startsWith('/api/'))
    return context.text('Requests from other origins are refused.\n', 403);
  if (req.method !== 'GET' && req.method !== 'HEAD')
    return context.text('Only GET and HEAD are answered.\n', 405, { allow: 'GET, HEAD' });
  return next();
};
