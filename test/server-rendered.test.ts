// Do the requests of docs/view.md give what stands below them? `npx vitest run rendered -u` renders them.
import { execFile } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { environment, main } from './support/cli.ts';
import { temporaryFolder } from './support/server.ts';
import { view } from './support/view.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const document = readFileSync(join(root, 'docs/view.md'), 'utf8');
const CONSOLE = /^```console\n(.*?)^```$/gms;

test('docs/view.md shows what its requests print', async ({ skip }) => {
  const run = promisify(execFile);
  for (const program of ['curl', 'jq'])
    skip(
      await run(program, ['--version']).then(
        () => false,
        () => true,
      ),
      `no ${program}`,
    );
  const [, args = '', said = ''] =
    /^\$ aioscope view --port 8080 (.*)\n(.*)$/m.exec(document) ?? [];
  const { url, printed } = view(args.split(' '), root);
  const { host } = new URL(await url);
  const stopped = printed.stdout.trim().replaceAll(host, '127.0.0.1:8080');
  expect(stopped).toBe(said);

  const bin = temporaryFolder();
  writeFileSync(join(bin, 'aioscope'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
  chmodSync(join(bin, 'aioscope'), 0o755);
  const env = environment({ PATH: `${bin}:${process.env['PATH']}` });
  let [rendered, count] = [document, 0];
  for (const [block, text] of document.matchAll(CONSOLE)) {
    let shown = '';
    for (const [, line] of text.matchAll(/^\$ (.*)$/gm)) {
      const asked = line.replaceAll('127.0.0.1:8080', host);
      const { stdout, stderr } = await run('sh', ['-c', asked], { cwd: root, env });
      expect(stderr).toBe('');
      shown += `$ ${line}\n${stdout}`;
      count += 1;
    }
    rendered = rendered.replace(block, () => `\`\`\`console\n${shown}\`\`\``);
  }
  expect(count).toBeGreaterThan(8);
  await expect(rendered).toMatchFileSnapshot('../docs/view.md');
});
