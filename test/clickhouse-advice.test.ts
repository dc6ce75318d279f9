// Does an error of a node say what to do about its own cause?
import { expect, test } from 'vitest';
import { loadBatches } from '../src/clickhouse/index.ts';
import { nodeError } from '../src/clickhouse/node-error.ts';
import { AioscopeError, open } from '../src/node.ts';
import { ran } from './support/cli-here.ts';

const place = { url: 'http://n:1', database: 'tests', what: 'trying', sourceSilentMs: 0 };
const withCode = (code: string, message = 'a reason') =>
  Object.assign(new Error(message), { code });
const said = (cause: Error, more = {}): string => nodeError({ ...place, ...more }, cause).message;

test.each([
  ['', 'nothing'],
  ['<!doctype html>\n<title>Hello</title>', 'a page'],
  ['Port 9000 is for clickhouse-client program.\r\nYou must use port 8123', 'the native port'],
])('%j, %s', (answer) => {
  expect(said(new Error(answer))).toMatch(/^http:\/\/n:1: trying: .*not that of Click.*port 8123/);
  expect(said(new Error(answer))).not.toMatch(/: ;|<|\r|clickhouse-client/);
});

test.each([
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'caCertificate'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'caCertificate'],
  ['CERT_HAS_EXPIRED', 'renew'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'another host'],
  ['225', 'omit replicated'],
  ['701', 'name of the cluster'],
])('%s: %s', (code, advice) => {
  const text = said(withCode(code));
  expect(text).toContain(advice);
  expect(text.includes('caCertificate')).toBe(advice === 'caCertificate');
});

test('a table that is missing', () => {
  const text = said(withCode('60', "Table tests.iocb_local doesn't exist."));
  expect(text).toContain("doesn't exist; create the tables");
  expect(text).toContain('schema --apply --url http://n:1 --database tests');
  const staging = "Code: 60. DB::Exception: Table tests.iocb_staging_1_2 doesn't exist.";
  expect(said(new Error(staging))).toMatch(/another process that loads under the same name/);
});

test('a long path does not hide the reason behind it', () => {
  const folders = '/var/lib/clickhouse/data/aio/a_long_name_of_a_table/tmp_insert_1_1_1_0/';
  const text = said(
    new Error(`Code: 76. DB::Exception: Cannot open file ${folders}f.bin, errno 36`),
  );
  expect(text).toContain('Cannot open file …/f.bin, errno 36;');
});

test('a source that was silent', () => {
  const lost = withCode('ECONNRESET', 'read ECONNRESET');
  expect(said(lost, { sourceSilentMs: 31_000 })).toContain('the source had given no data for 31 s');
  expect(said(lost)).toContain('the connection was lost');
});

const stream = () => open(new Uint8Array(64), { kind: 'iocb' });

test.each([
  { timeoutMs: -5 },
  { timeoutMs: Number.NaN },
  { timeoutMs: 2 ** 31 },
  { caCertificate: '{"name":"aioscope"}' },
  { load: '-x' },
  { load: '.x' },
  { url: 'http://node:1?' },
  { url: 'http://node:1#' },
  { url: ['http://node:80', 'HTTP://NODE'] },
])('%j is refused before a node is asked', async (more) => {
  const loading = loadBatches(stream(), { url: 'http://127.0.0.1:9', load: 'x', ...more });
  await expect(loading).rejects.toMatchObject({ code: 'AIOSCOPE_OPTION' });
  await expect(loading).rejects.toThrow(Object.keys(more)[0]);
  await expect(loading).rejects.toBeInstanceOf(AioscopeError);
});

test('options of nested commands have dashes', async () => {
  const url = ['--url', 'http://127.0.0.1:9'];
  const { stderr, status } = await ran(['clickhouse', 'loads', ...url, '--database', '1a']);
  expect([status, stderr]).toEqual([2, expect.stringMatching(/error: --database is '1a'/)]);
});
