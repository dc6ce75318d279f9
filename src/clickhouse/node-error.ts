// What an error of a node means, and what to do about it.
import { AioscopeError, excerpt, messageOf } from '../errors.ts';

/** Where and under what an error occurred. */
export interface ErrorPlace {
  readonly url: string;
  readonly database: string | undefined;
  /** What was done. */
  readonly what: string;
  /** How long the source of an insert has been waited for, in ms. */
  readonly sourceSilentMs: number;
}

/** What an error of the client or of Node has. */
interface Failure {
  readonly code?: string;
  readonly message?: string;
}

type Option = (name: string) => string;
type Advice = string | ((option: Option, place: ErrorPlace) => string);

/** A node that took longer than the time limit. */
export class SilentNode extends Error {
  readonly code = 'SILENT';
  override readonly message = 'no answer within the time limit';
}

/** An answer that ClickHouse does not give. */
class ForeignAnswer extends Error {
  readonly code = 'FOREIGN';
  override readonly message = 'the answer is not that of ClickHouse';
}

const LOST = 'the connection was lost; run the same load again';
const LOGIN = 'check the user and the password';
const CLUSTER = 'check the name of the cluster: SELECT DISTINCT cluster FROM system.clusters';
const macros: Advice = (option) =>
  `define the macros shard and replica on the node, or omit ${option('replicated')}`;

const create: Advice = (_, { url, database }) =>
  'create the tables: aioscope clickhouse schema --apply ' +
  `--url ${url}${database === undefined ? '' : ` --database ${database}`}`;
const pass: Advice = (option) =>
  `pass the certificate of the authority that signed the node's: ${option('caCertificate')}`;

/** What to do after an error, by the number of ClickHouse or the code of Node. */
const ADVICE: Readonly<Record<string, Advice>> = {
  '60': create,
  '81': create,
  '170': CLUSTER,
  '192': LOGIN,
  '193': LOGIN,
  '194': LOGIN,
  '225': (option) =>
    `configure ZooKeeper or ClickHouse Keeper on the node, or omit ${option('replicated')}`,
  '243': 'the disk of the node is full; free space, and run the same load again',
  '497': 'the user may not do this; grant it, or use another one',
  '516': LOGIN,
  '701': CLUSTER,
  SILENT: 'check that the node and the network are up, or raise the time limit, and run it again',
  FOREIGN:
    'give the address of its HTTP interface, port 8123 by default, and check any proxy before it',
  ECONNREFUSED: 'nothing listens there; check the address, and that the server runs',
  ECONNRESET: LOST,
  EPIPE: LOST,
  ENOTFOUND: 'no such host; check the address',
  EAI_AGAIN: 'the name of the host cannot be resolved now; check the address',
  EPROTO: 'the port may not be one for HTTPS: check the address, port 8443 by default',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: pass,
  UNABLE_TO_GET_ISSUER_CERT: pass,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: pass,
  SELF_SIGNED_CERT_IN_CHAIN: pass,
  DEPTH_ZERO_SELF_SIGNED_CERT: pass,
  CERT_UNTRUSTED: pass,
  CERT_SIGNATURE_FAILURE: pass,
  CERT_HAS_EXPIRED: 'renew the certificate of the node, and check the clock of this machine',
  CERT_NOT_YET_VALID: 'check the clocks of the node and of this machine',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'the certificate is for another host; use a name in the address that the certificate has',
};

/** What to do after an error whose number has several causes, by its message. */
const BY_MESSAGE: readonly (readonly [RegExp, Advice])[] = [
  [
    /_staging_.*does(n't| not) exist/,
    'another process that loads under the same name has dropped the staging table; ' +
      'wait until it has ended, and run the same load again',
  ],
  [/No space left on device/, ADVICE['243']],
  [/No macro /, macros],
];

/** An answer of another server, of a proxy, or of the port for clickhouse-client. */
const isForeign = ({ code = '', message = '' }: Failure): boolean =>
  code.startsWith('HPE_') || /^\s*(<|$)|^Port \d+ is for clickhouse-client/.test(message);

/** The first line of a server's message, without its stack, version, host and folders. */
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
      .replace(/^DB::Exception: /, '')
      .replace(/(?:\/[^\s/:,]+){3,}\//g, '…/')
      .replace(/\.\s*$/, ''),
  );
}

/** A source that is silent for longer may be why a node has broken off an insert. */
const SOURCE_SILENT_MS = 5000;

/** What to do after an error. */
function adviceOf(failure: Failure, { sourceSilentMs }: ErrorPlace): Advice {
  const { message = '' } = failure;
  const known = BY_MESSAGE.find(([words]) => words.test(message));
  if (known !== undefined) return known[1];
  const code = failure.code ?? /^Code: (\d+)/.exec(message)?.[1] ?? '';
  if (sourceSilentMs > SOURCE_SILENT_MS && /^(209|ECONNRESET|EPIPE)$/.test(code))
    return (
      `the source had given no data for ${Math.round(sourceSilentMs / 1000)} s, and a node does ` +
      'not wait for ever; check the source, and run the same load again'
    );
  return Object.hasOwn(ADVICE, code) ? ADVICE[code] : 'the log of the node may say more';
}

/** The error of a node as ours: where and in what it occurred, why, and what to do. */
export function nodeError(place: ErrorPlace, cause: unknown): AioscopeError {
  const given = Object(cause) as Failure;
  const error = isForeign(given) ? new ForeignAnswer() : cause;
  const advice = adviceOf(Object(error) as Failure, place);
  const begin = `${place.url}: ${place.what}: ${reasonIn(messageOf(error))}; `;
  const message = (option: Option) =>
    begin + (typeof advice === 'string' ? advice : advice(option, place));
  return new AioscopeError('AIOSCOPE_CLICKHOUSE', message, { cause });
}
