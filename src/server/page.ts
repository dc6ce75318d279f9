// The built page in memory. No path of a request reaches the file system.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { AioscopeError } from '../errors.ts';

/** A file of the page. */
interface PageFile {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
}

/** The files of the page by the paths of requests. */
export type Page = ReadonlyMap<string, PageFile>;

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/vnd.microsoft.icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

/** Vite names files in assets/ after their content, so that they never change. */
const HASHED = /^\/assets\/.+-[\w-]{8}\.\w+$/;

/** Tells the page that a server answers below `api`. */
const withApi = (html: string): string => html.replace(/<html(?=[\s>])/, '<html data-api="api"');

function pageFile(path: string, bytes: Uint8Array<ArrayBuffer>): PageFile {
  const body = path.endsWith('.html')
    ? new TextEncoder().encode(withApi(new TextDecoder().decode(bytes)))
    : bytes;
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 22);
  return {
    body,
    headers: {
      'cache-control': HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
      'content-length': String(body.byteLength),
      'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
      etag: `"${hash}"`,
    },
  };
}

/**
 * Reads the page from the folder that it was built into.
 *
 * @throws AioscopeError `AIOSCOPE_READ` if there is no page
 */
export async function readPage(folder: string): Promise<Page> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const page = new Map<string, PageFile>();
  for (const entry of entries.filter((each) => each.isFile())) {
    const file = join(entry.parentPath, entry.name);
    const path = `/${relative(folder, file).split(sep).join('/')}`;
    page.set(path, pageFile(path, new Uint8Array(await readFile(file))));
  }
  const index = page.get('/index.html');
  if (index === undefined)
    throw new AioscopeError(
      'AIOSCOPE_READ',
      `${folder}: the page is not there: build it (npm run build), or install aioscope again`,
    );
  return page.set('/', index);
}
