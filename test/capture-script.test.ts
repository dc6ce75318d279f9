// Is the shell script valid in every shell, and does it find the offsets that kernelOffsets finds?
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { kernelOffsets } from '../src/capture/btf.ts';
import { FIND_OFFSETS } from '../src/capture/shell-btf.ts';
import { RECORDING } from '../src/capture/shell-record.ts';
import { shellScript } from '../src/capture/shell-script.ts';
import { AIO, btf, OTHERS } from './support/btf.ts';

const VMLINUX = '/sys/kernel/btf/vmlinux';

const isInstalled = (program: string): boolean =>
  spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
const SHELLS = ['sh', 'dash', 'bash', 'busybox sh', 'ksh', 'mksh', 'zsh --emulate sh'].filter(
  (shell) => isInstalled(shell.split(' ')[0]),
);
/** Versions of awk; busybox has its own. */
const AWKS = ['awk', 'mawk', 'gawk', 'original-awk', 'busybox awk'].filter((awk) =>
  isInstalled(awk.split(' ')[0]),
);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aioscope-script-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a script in a shell, with an awk. */
function ran(shell: string, script: string, awk = 'awk') {
  const file = join(folder, 'script.sh');
  const bin = join(folder, `bin-${awk.replace(' ', '-')}`);
  const path = spawnSync('sh', ['-c', `command -v ${awk.split(' ')[0]}`], { encoding: 'utf8' });
  if (!existsSync(bin)) {
    mkdirSync(bin);
    // busybox is the program whose name it is run by.
    symlinkSync(path.stdout.trim(), join(bin, 'awk'));
  }
  writeFileSync(file, script);
  const [program, ...args] = shell.split(' ');
  return spawnSync(program, [...args, file], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${bin}:${process.env['PATH']}` },
  });
}

/** What the script finds in a file of BTF: the three offsets, or its error. */
function foundBy(shell: string, awk: string, bytes: Uint8Array): string {
  const file = join(folder, 'vmlinux');
  writeFileSync(file, bytes);
  const run = `die() { echo "error: $*"; exit 1; }\n${FIND_OFFSETS}\nfind_offsets "${file}"
    echo $ki_res $ki_ctx $user_id\n`;
  const { stdout, stderr } = ran(shell, run, awk);
  return stdout.trim() + stderr;
}

describe.each(SHELLS)('in %s', (shell) => {
  test.each([undefined, { kiRes: 1, kiCtx: 2, userId: 3 }])(
    'the script is valid: %j',
    (offsets) => {
      const file = join(folder, 'valid.sh');
      writeFileSync(file, shellScript(offsets));
      const [program, ...args] = shell.split(' ');
      const { status, stderr } = spawnSync(program, [...args, '-n', file], { encoding: 'utf8' });
      expect(stderr).toBe('');
      expect(status).toBe(0);
    },
  );

  test('-h prints how to use it; wrong options end it', () => {
    const file = join(folder, 'script-options.sh');
    writeFileSync(file, shellScript());
    const [program, ...args] = shell.split(' ');
    const run = (...options: string[]) =>
      spawnSync(program, [...args, file, ...options], { encoding: 'utf8', cwd: folder });
    expect(run('-h')).toMatchObject({ status: 0, stderr: '' });
    expect(run('-h').stdout).toMatch(/^Usage: sh aioscope-capture.sh .*-d SECONDS.*CMD/);
    expect(run('-x').status).toBe(2);
    expect(run('-d', 'soon')).toMatchObject({
      status: 1,
      stderr: "aioscope: error: -d is 'soon'; it has to be a number of seconds\n",
    });
    expect(run('-b', '').stderr).toMatch("-b is ''; it has to be a number");
    expect(run('-b', '8').stderr).toMatch("-b is '8'; it has to be at least 64");
    expect(run('-d', '1', '--', 'true').stderr).toMatch('-d cannot be combined');
  });
});

describe.each(AWKS)('with %s', (awk) => {
  const types = [...OTHERS, ...AIO];
  const shells = SHELLS.filter((shell) => ['dash', 'busybox sh'].includes(shell));

  test.each(shells)('offsets are those of kernelOffsets, in %s', (shell) => {
    expect(foundBy(shell, awk, btf(types))).toBe('112 96 40');
    expect(foundBy(shell, awk, btf(types, { headerBytes: 32 }))).toBe('112 96 40');
    expect(foundBy(shell, awk, btf(AIO.toReversed()))).toBe('112 96 40');
  });

  test.for(shells)('also of the running kernel, in %s', (shell, { skip }) => {
    skip(!existsSync(VMLINUX), `there is no ${VMLINUX}`);
    const bytes = readFileSync(VMLINUX);
    const { kiRes, kiCtx, userId } = kernelOffsets(bytes, VMLINUX);
    expect(foundBy(shell, awk, bytes)).toBe(`${kiRes} ${kiCtx} ${userId}`);
  });

  test('what is not BTF, lacks the structs or is cut is refused with the reason', () => {
    const found = (bytes: Uint8Array) => foundBy('sh', awk, bytes);
    expect(found(new Uint8Array(100))).toMatch(/^error: .*vmlinux is not BTF; print this script/);
    expect(found(new Uint8Array(3))).toMatch('is not BTF');
    expect(found(btf(OTHERS))).toMatch('does not say where ki_res, ki_ctx and user_id are');
    expect(found(btf([{ kind: 20 }, ...AIO]))).toMatch('does not say where');
    const bytes = btf(types);
    expect(found(bytes.subarray(0, bytes.byteLength - 100))).toMatch(
      /^error: .*does not say where/,
    );
  });
});

test('without BTF, the script says how to get its offsets', () => {
  const script = `die() { echo "$*"; exit 1; }\n${FIND_OFFSETS}\nfind_offsets /no/such/file`;
  expect(ran('sh', script).stdout).toBe(
    'this kernel has no BTF (/no/such/file); ' +
      'print this script with its BTF on another: aioscope capture --print-script sh --btf FILE\n',
  );
});

test('given offsets are in the script, which then reads no BTF', () => {
  const script = shellScript({ kiRes: 1, kiCtx: 2, userId: 3 });
  expect(script).toContain('ki_res=1 ki_ctx=2 user_id=3');
  expect(script).not.toContain('/sys/kernel/btf');
});

test('the script never opens lists of probes in a way that empties them', () => {
  const lines = shellScript().split('\n');
  const writes = lines.filter((line) => /[^>]>\s*"?\$(?:T\/kprobe_events|list)/.test(line));
  expect(writes).toEqual([]);
});

describe.each(SHELLS)('from /proc, in %s,', (shell) => {
  beforeEach(({ skip }) => skip(!existsSync('/proc/self/status'), 'there is no /proc'));

  test('names of threads are listed as the import reads them', () => {
    // A process has the name of the file that it executes.
    const program = join(folder, 'a ) b\nc\\d ');
    writeFileSync(program, '#!/bin/sh\nread line\n', { mode: 0o755 });
    const script = `${RECORDING}
      mkfifo '${folder}/end-${shell}'
      '${program}' < '${folder}/end-${shell}' &
      exec 5> '${folder}/end-${shell}'
      sleep 0.2
      list_processes | grep "^$! "
      echo >&5
      wait`;
    const { stdout, stderr } = ran(shell, script);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^(\d+) \1 a \) b\\nc\\\\d \n$/);
  });

  test('descriptors are listed with the paths of their files, and only new ones noted', () => {
    const names = ['a b -> 7 -> c', 'back\\slash', 'new\nline', 'ä? (deleted)'];
    const paths = names.map((name) => join(folder, name));
    const open = paths.map((path, i) => {
      writeFileSync(path, '');
      return `exec ${i + 5}< '${path}'`;
    });
    // The programs that use native AIO are those whose maps grep finds.
    const script = `D='${folder}'\n${RECORDING}\ngrep() { echo /proc/$$/maps; }\nnow() { echo 17; }
      : > "$D/fds.before"
      : > "$D/descriptors"
      ${open.join('\n')}
      rm '${paths[1]}'
      note_descriptors
      exec 9< /dev/null
      note_descriptors
      sed -n 's/^17 [0-9]* \\([5-9] \\)/\\1/p' "$D/descriptors"`;
    const { stdout, stderr } = ran(shell, script);
    expect(stderr).toBe('');
    expect(stdout.split('\n')).toEqual([
      `5 ${folder}/a b -> 7 -> c`,
      `6 ${folder}/back\\\\slash (deleted)`,
      `7 ${folder}/new\\nline`,
      `8 ${folder}/ä? (deleted)`,
      '9 /dev/null',
      '',
    ]);
  });
});
