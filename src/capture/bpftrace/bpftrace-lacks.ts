// Whether bpftrace can be used here.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { asRoot, containerLack, hasCapability } from '../capability.ts';
import { platformLacks } from '../platform-lacks.ts';
import type { CaptureLack } from '../recorder.ts';

const TRACING = '/sys/kernel/tracing';
const TRACEPOINT = 'events/syscalls/sys_enter_io_submit';
/** The script has loops, and casts that older versions of bpftrace refuse. */
const KERNEL_MIN = [5, 3] as const;
const VERSION_MIN = [0, 17] as const;

/** Where packages are too old, or there are none. */
const NEWER = 'install bpftrace 0.17 or newer: https://github.com/bpftrace/bpftrace/releases';

/** How distributions install a package, by the ID in /etc/os-release. */
const INSTALLERS: readonly (readonly [RegExp, string])[] = [
  [/^(?:debian|ubuntu)$/, 'sudo apt-get install bpftrace'],
  [/^(?:fedora|rhel|centos|amzn)$/, 'sudo dnf install bpftrace'],
  [/^(?:suse|opensuse|sles)/, 'sudo zypper install bpftrace'],
  [/^arch$/, 'sudo pacman -S bpftrace'],
  [/^alpine$/, 'sudo apk add bpftrace'],
];

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/** How bpftrace is installed on a distribution, by the text of its /etc/os-release. */
export function installCommand(osRelease: string): string {
  const ids = [...osRelease.matchAll(/^ID(?:_LIKE)?=["']?([^"'\n]*)/gm)].flatMap(([, value]) =>
    value.split(' '),
  );
  const found = INSTALLERS.find(([id]) => ids.some((each) => id.test(each)));
  return found?.[1] ?? NEWER;
}

/** The first two numbers of a version. */
function versionOf(text: string): readonly [number, number] | undefined {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(text) ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor)];
}

const isOlder = (version: readonly [number, number], than: readonly [number, number]): boolean =>
  version[0] < than[0] || (version[0] === than[0] && version[1] < than[1]);

function programLacks(): CaptureLack[] {
  const fix = installCommand(textOf('/etc/os-release'));
  const { status, stdout, error } = spawnSync('bpftrace', ['--version'], { encoding: 'utf8' });
  if (error !== undefined) return [{ what: 'bpftrace is not installed', fix }];
  const version = versionOf(stdout);
  if (status !== 0 || version === undefined)
    return [{ what: 'bpftrace does not run: bpftrace --version failed', fix }];
  return isOlder(version, VERSION_MIN)
    ? [{ what: `bpftrace ${version.join('.')} is too old: 0.17 or newer is needed`, fix: NEWER }]
    : [];
}

function kernelLacks(): CaptureLack[] {
  const kernel = release();
  const version = versionOf(kernel);
  if (version !== undefined && isOlder(version, KERNEL_MIN))
    return [{ what: `Linux ${kernel} is too old for the script: it needs 5.3`, fix: null }];
  if (textOf('/sys/kernel/security/lockdown').includes('[confidentiality]'))
    return [
      {
        what: 'the kernel is locked down (confidentiality), which blocks tracing',
        fix: 'boot without lockdown=confidentiality',
      },
    ];
  if (!existsSync(`${TRACING}/events`))
    return [{ what: 'tracefs is not mounted', fix: `sudo mount -t tracefs tracefs ${TRACING}` }];
  if (!existsSync(`${TRACING}/${TRACEPOINT}`))
    return [
      {
        what: `the kernel has no ${TRACEPOINT}: it was built without CONFIG_FTRACE_SYSCALLS or AIO`,
        fix: null,
      },
    ];
  return [];
}

/** What is missing to capture with bpftrace. */
export function bpftraceLacks(): CaptureLack[] {
  const lacks = platformLacks();
  if (lacks.length > 0) return lacks;
  // Only root sees what tracefs has.
  if (process.geteuid?.() !== 0)
    return [
      ...programLacks(),
      { what: 'not running as root, which bpftrace requires', fix: asRoot() },
    ];
  if (!hasCapability('CAP_SYS_ADMIN')) return [...programLacks(), containerLack('CAP_SYS_ADMIN')];
  return [...programLacks(), ...kernelLacks()];
}
