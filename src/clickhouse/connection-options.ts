// How the nodes of ClickHouse are reached.
import crypto from 'node:crypto';
import { AioscopeError, badValue } from '../errors.ts';

/** How the nodes of ClickHouse are reached. */
export interface ConnectionOptions {
  /**
   * The HTTP or HTTPS address of a node, such as `http://node1:8123`, or of several: one per shard,
   * or all replicas of each. Addresses hold no password.
   */
  readonly url: string | readonly string[];
  /** The user. Default: `default`. */
  readonly user?: string | undefined;
  /** The password. Default: none. */
  readonly password?: string | undefined;
  /** The database of the tables. Default: `aio`. */
  readonly database?: string | undefined;
  /** The certificate, as PEM, of the authority that has signed those of the nodes. */
  readonly caCertificate?: string | undefined;
  /** How long a node may be silent before it counts as lost, in ms. Default: 120,000. */
  readonly timeoutMs?: number | undefined;
}

/** The names of `ConnectionOptions`. */
export const CONNECTION_NAMES = [
  'url:string|string[]',
  'user:string',
  'password:string',
  'database:string',
  'caCertificate:string',
  'timeoutMs:number',
] as const;

/** The database of the tables unless another is named. */
export const DATABASE = 'aio';
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Returns the name of a database or cluster. @throws AioscopeError `AIOSCOPE_OPTION` */
export function checkName(option: string, name: string): string {
  if (NAME.test(name)) return name;
  throw badValue(
    option,
    name,
    'it must begin with a letter or _, and have only letters, digits and _',
  );
}

/** An address for an error, without what may be a password. */
const shown = (url: string): string =>
  url.replace(/[^/]*@/, '…@').replace(/[?#].*$/s, (more) => `${more[0]}…`);

/** Returns the address of a node. @throws AioscopeError `AIOSCOPE_OPTION` */
function checkUrl(url: string): string {
  // Not echoed: what is before the @ may be a password.
  if (url.includes('@'))
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      'an address with a user or password is visible to all users of this machine; ' +
        'give the user by an option, and the password by CLICKHOUSE_PASSWORD or a file',
    );
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw badValue('url', shown(url), 'it must be an address such as http://node1:8123');
  // An empty query is not in `search`.
  const { pathname, origin } = new URL(url);
  if (pathname !== '/' || /[?#]/.test(url))
    throw badValue(
      'url',
      shown(url),
      'it must be an address without a path, such as http://node1:8123',
    );
  return origin;
}

/** Returns the addresses. @throws AioscopeError `AIOSCOPE_OPTION` for none, or one twice */
export function checkUrls(url: ConnectionOptions['url'] = []): string[] {
  const urls = typeof url === 'string' ? [url] : url;
  if (urls.length === 0)
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      (option) => `${option('url')} is missing; name a node`,
    );
  const checked = urls.map(checkUrl);
  const twice = checked.find((url, i) => checked.indexOf(url) !== i);
  if (twice !== undefined) throw badValue('url', twice, 'it is given twice; give each node once');
  return checked;
}

/** The longest time that a timer of Node takes. */
const TIMEOUT_MAX = 2 ** 31 - 1;

/** Checks what does not depend on the node. @throws AioscopeError `AIOSCOPE_OPTION` */
export function checkConnection({ timeoutMs, caCertificate }: ConnectionOptions): void {
  if (timeoutMs !== undefined && !(timeoutMs >= 1 && timeoutMs <= TIMEOUT_MAX))
    throw badValue('timeoutMs', timeoutMs, `it must be from 1 to ${TIMEOUT_MAX} ms`);
  if (caCertificate === undefined) return;
  try {
    new crypto.X509Certificate(caCertificate);
  } catch (cause) {
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      (option) =>
        `${option('caCertificate')} is not a certificate; it must be in PEM, ` +
        'beginning with -----BEGIN CERTIFICATE-----',
      { cause },
    );
  }
}
