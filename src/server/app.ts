// What is answered to which request. See docs/view.md.
import { type Context, Hono } from 'hono';
import { messageOf } from '../errors.ts';
import type { ServedFiles } from './files.ts';
import { guarded, type ServerEnv } from './guard.ts';
import type { Page } from './page.ts';
import { matches, rangeOf } from './range.ts';

/** What an app answers with. */
export interface AppOptions {
  readonly files: ServedFiles;
  readonly page: Page;
  /** Takes what went wrong during an answer, for whoever runs the server. */
  onFault(message: string): void;
}

type Asked = Context<ServerEnv>;

/** A file of the page. */
function answerPage(context: Asked, page: Page): Response {
  const file = page.get(context.req.path);
  if (file === undefined) return context.text('There is no such page.\n', 404);
  const { body, headers } = file;
  const known = context.req.header('if-none-match')?.replaceAll('W/', '');
  if (known !== undefined && matches(known, headers['etag'])) {
    const { 'content-length': _, ...others } = headers;
    return new Response(null, { status: 304, headers: others });
  }
  return new Response(context.req.method === 'HEAD' ? null : body, { headers });
}

/** The bytes of a file, or a range of them. */
function answerBytes(context: Asked, { files, onFault }: AppOptions): Response {
  const { req, env } = context;
  const file = files.at(req.param('id') ?? '');
  if (file === undefined) return context.text('There is no such file.\n', 404);
  const { opening } = file;
  const { bytes, etag } = opening.state;
  const expected = req.header('if-match');
  if (expected !== undefined && !matches(expected, etag))
    return context.text('The file changed since it was chosen.\n', 412, { etag });
  const headers = { 'accept-ranges': 'bytes', 'cache-control': 'no-store', etag };
  const isSame = matches(req.header('if-range') ?? '*', etag);
  const header = isSame ? req.header('range') : undefined;
  // RFC 9110: a unit that a server does not know is ignored.
  const asked = header && /^\s*(?!bytes\b)[\w-]+\s*=/i.test(header) ? undefined : header;
  const range = asked === undefined ? { begin: 0, end: bytes } : rangeOf(asked, bytes);
  if (range === undefined) {
    const size = { 'content-range': `bytes */${bytes}` };
    return context.text('Request a single range within the file.\n', 416, { ...headers, ...size });
  }
  const { begin, end } = range;
  const fail = (error: unknown) => {
    onFault(messageOf(error));
    // Only a connection that breaks off says that the bytes are not whole.
    env.outgoing.destroy();
  };
  const stream = { begin, end, etag: expected === undefined ? undefined : etag, fail };
  return new Response(req.method === 'HEAD' ? null : opening.stream(stream), {
    status: asked === undefined ? 200 : 206,
    headers: {
      ...headers,
      'content-length': String(end - begin),
      'content-type': 'application/octet-stream',
      ...(asked !== undefined && { 'content-range': `bytes ${begin}-${end - 1}/${bytes}` }),
    },
  });
}

/** The app that serves the page and the files. */
export function makeApp(options: AppOptions): Hono<ServerEnv> {
  const { files, page, onFault } = options;
  return new Hono<ServerEnv>()
    .use(guarded)
    .get('/api/files', async (context) =>
      context.json(await files.list(), 200, { 'cache-control': 'no-store' }),
    )
    .get('/api/files/:id/bytes', (context) => answerBytes(context, options))
    .get('*', (context) => answerPage(context, page))
    .onError((error, context) => {
      onFault(messageOf(error));
      return context.text('The server failed.\n', 500);
    });
}
