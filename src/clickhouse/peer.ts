// ClickHouse's client, an optional package.
import { createRequire } from 'node:module';
import { AioscopeError, messageOf } from '../errors.ts';

/** The client, in the version that is tested. */
const CLIENT_PACKAGE = '@clickhouse/client@1.23.1';
const NAME = '@clickhouse/client';

/** What we use of the package; client.d.ts declares it. */
type Peer = Pick<typeof import('@clickhouse/client'), 'createClient' | 'ClickHouseLogLevel'>;

/**
 * Loads the client, which only ClickHouse needs.
 *
 * @throws AioscopeError `AIOSCOPE_PEER` if it is not installed or cannot be loaded
 */
export function loadPeer(): Peer {
  const require = createRequire(import.meta.url);
  try {
    require.resolve(NAME);
  } catch (cause) {
    throw new AioscopeError(
      'AIOSCOPE_PEER',
      'ClickHouse needs its client, which is not installed; install it beside aioscope: ' +
        `npm install ${CLIENT_PACKAGE} ` +
        '(with -g if aioscope is global; in a clone with --no-save -D)',
      { cause },
    );
  }
  try {
    return require(NAME) as Peer;
  } catch (cause) {
    throw new AioscopeError(
      'AIOSCOPE_PEER',
      `the client of ClickHouse is installed but cannot be loaded: ${messageOf(cause)}; ` +
        `reinstall it: npm install ${CLIENT_PACKAGE}`,
      { cause },
    );
  }
}
