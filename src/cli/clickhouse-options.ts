// The options that say how the nodes of ClickHouse are reached.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Command } from 'commander';
import type { ConnectionOptions } from '../clickhouse/index.ts';
import { AioscopeError } from '../node.ts';
import { reasonOf } from '../words/reason.ts';
import { millisecondsOf } from './capture-values.ts';
import { usageError } from './exit.ts';
import { DescribedOption } from './option.ts';

/** Where the user and the password come from, unless options give them: as in ClickHouse's own. */
const USER = 'CLICKHOUSE_USER';
const PASSWORD = 'CLICKHOUSE_PASSWORD';

/** The values of those options. */
export interface NodeOptions {
  readonly url?: readonly string[];
  readonly user?: string;
  readonly passwordFile?: string;
  readonly askPassword?: boolean;
  readonly database?: string;
  readonly caCert?: string;
  readonly timeout?: number;
}

/** Adds those options to a command. */
export const withNodeOptions = (command: Command): Command =>
  command
    .addOption(
      new DescribedOption('--url <url>', 'HTTP address of a node', {
        detail: ', such as http://node1:8123',
        repeated: true,
      }),
    )
    .option('--user <name>', `user (default: ${USER}, or default)`)
    .option('--password-file <file>', `file with the password (default: ${PASSWORD})`)
    .option('--ask-password', 'ask for the password on the terminal')
    .option('--database <name>', 'database of the tables (default: aio)')
    .option('--ca-cert <file>', 'certificate (PEM) of the authority that signed those of the nodes')
    .addOption(
      new DescribedOption('--timeout <time>', 'how long a node may be silent', {
        detail: ' (default: 2m)',
        parse: millisecondsOf,
      }),
    );

function textOf(option: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new AioscopeError(
      'AIOSCOPE_READ',
      `${option}: ${file} cannot be read: ${reasonOf(error)}`,
      { cause: error },
    );
  }
}

/** Asks for a password, which the terminal does not show. */
async function askedPassword(): Promise<string> {
  if (!process.stdin.isTTY)
    usageError(`--ask-password needs a terminal; use --password-file, or the variable ${PASSWORD}`);
  process.stderr.write('Password: ');
  const muted = new Writable({ write: (_chunk, _encoding, done) => done() });
  const asking = createInterface({ input: process.stdin, output: muted, terminal: true });
  try {
    return await asking.question('');
  } finally {
    asking.close();
    process.stderr.write('\n');
  }
}

async function passwordOf({ passwordFile, askPassword }: NodeOptions): Promise<string | undefined> {
  if (passwordFile !== undefined && askPassword)
    usageError('--password-file and --ask-password exclude each other; give one');
  if (askPassword) return askedPassword();
  if (passwordFile === undefined) return process.env[PASSWORD];
  return textOf('--password-file', passwordFile).replace(/\r?\n$/, '');
}

/** The connection that the options and the environment describe. */
export async function connectionOf(options: NodeOptions): Promise<ConnectionOptions> {
  const { url, user, database, caCert, timeout } = options;
  if (url === undefined) usageError('--url is missing; name a node, such as http://node1:8123');
  return {
    url,
    user: user ?? process.env[USER],
    password: await passwordOf(options),
    database,
    caCertificate: caCert === undefined ? undefined : textOf('--ca-cert', caCert),
    timeoutMs: timeout,
  };
}
