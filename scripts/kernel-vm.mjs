// Boots a kernel of Debian under QEMU, without KVM, with the root of this machine, read-only.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** Where packages, what they hold, and the kernel's first file system are kept between runs. */
const CACHE = join(tmpdir(), 'aioscope-kernels');

/** Kernels, by the release of Debian that has them. */
export const KERNELS = [
  { version: '6.1', suites: ['bookworm', 'bookworm-updates', 'bookworm-security'] },
  { version: '6.12', suites: ['trixie', 'trixie-updates', 'trixie-security'] },
];

const MODULES = ['virtio_pci', '9pnet_virtio', '9p', 'null_blk'];

const run = (command, args, options = {}) =>
  execFileSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 28, ...options });

/** The servers that this machine gets Debian from: of its releases, and of security updates. */
function mirrors() {
  const targets = run('apt-get', ['indextargets', '--format', '$(REPO_URI) $(CODENAME) $(ORIGIN)']);
  const rows = targets
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([uri, , origin]) => origin?.startsWith('Debian') || uri.includes('/debian'));
  const isSecurity = ([uri]) => uri.includes('security');
  const debian = rows.find((row) => !isSecurity(row))?.[0];
  if (debian === undefined) throw new Error('apt has no source of Debian');
  return { debian, security: rows.find(isSecurity)?.[0] };
}

/** The options of apt for lists of its own: the configuration of this machine stays as it is. */
function aptOptions(folder, suites) {
  const { debian, security } = mirrors();
  const sources = suites.flatMap((suite) => {
    const uri = suite.endsWith('-security') ? security : debian;
    return uri === undefined ? [] : [`deb ${uri} ${suite} main`];
  });
  mkdirSync(join(folder, 'lists/partial'), { recursive: true });
  mkdirSync(join(folder, 'cache/archives/partial'), { recursive: true });
  writeFileSync(join(folder, 'sources.list'), `${sources.join('\n')}\n`);
  return [
    `Dir::State::lists=${folder}/lists`,
    `Dir::Cache=${folder}/cache`,
    `Dir::Etc::sourcelist=${folder}/sources.list`,
    'Dir::Etc::sourceparts=/dev/null',
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option]);
}

/** Downloads the newest kernel of a version. Returns its package. */
function download({ version, suites }, folder) {
  const options = aptOptions(folder, suites);
  const stdio = ['ignore', 'pipe', 'pipe'];
  run('apt-get', [...options, 'update'], { stdio });
  const pattern = `^linux-image-${version.replace('.', '[.]')}[.].*-amd64-unsigned$`;
  const packages = run('apt-cache', [...options, 'search', '--names-only', pattern])
    .split('\n')
    .map((line) => line.split(' ')[0])
    .filter((name) => name !== '' && !/-(?:cloud|rt)-/.test(name))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const newest = packages.at(-1);
  if (newest === undefined) throw new Error(`no package of Linux ${version}`);
  run('apt-get', [...options, 'download', newest], { cwd: folder, stdio });
  return readdirSync(folder).find((name) => name.startsWith(newest) && name.endsWith('.deb'));
}

/** The unpacked package of a kernel. Nothing is installed. */
export function kernelOf(kernel) {
  const folder = join(CACHE, kernel.version);
  mkdirSync(folder, { recursive: true });
  const isPackage = (name) => name.endsWith('.deb');
  const file = readdirSync(folder).find(isPackage) ?? download(kernel, folder);
  const root = join(folder, 'root');
  if (!existsSync(join(root, 'boot'))) run('dpkg-deb', ['-x', join(folder, file), root]);
  const release = readdirSync(join(root, 'boot'))
    .find((name) => name.startsWith('vmlinuz-'))
    .slice('vmlinuz-'.length);
  return { release, image: join(root, `boot/vmlinuz-${release}`), root, folder };
}

/** What runs first in the machine: it mounts the root of this one and runs a script in it. */
const INIT = `#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sysfs /sys
$b mount -t devtmpfs dev /dev
for m in $($b cat /modules/list); do
  a=
  [ $m = null_blk.ko ] && a='nr_devices=1 irqmode=1 gb=4 queue_mode=2 hw_queue_depth=256'
  $b insmod /modules/$m $a || $b echo "cannot load $m"
done
share=trans=virtio,version=9p2000.L,msize=512000
$b mount -t 9p -o $share,ro,cache=loose root /root || $b echo 'cannot mount the root'
for d in proc sys dev; do $b mount --move /$d /root/$d; done
$b mount -t tmpfs tmpfs /root/run
$b mount -t 9p -o $share,rw out /root/mnt
$b chroot /root /bin/sh /mnt/guest.sh > /root/mnt/log 2>&1
$b sync
$b poweroff -f
`;

/** Makes the first file system: busybox and the modules that are needed to mount others. */
function initrdOf({ release, root, folder }) {
  const file = join(folder, 'initrd');
  const tree = join(folder, 'initrd.d');
  rmSync(tree, { recursive: true, force: true });
  for (const each of ['bin', 'proc', 'sys', 'dev', 'root', 'modules'])
    mkdirSync(join(tree, each), { recursive: true });
  const base = existsSync(join(root, 'lib/modules')) ? root : join(root, 'usr');
  run('depmod', ['-b', base, release]);
  const needed = MODULES.flatMap((name) =>
    run('modprobe', ['-d', base, '-S', release, '--show-depends', name]).split('\n'),
  );
  const paths = new Set(
    needed.filter((line) => line.startsWith('insmod ')).map((line) => line.split(' ')[1]),
  );
  const names = [...paths].map((path) => {
    const name = basename(path, '.xz');
    const bytes = path.endsWith('.xz') ? execFileSync('xz', ['-dc', path]) : readFileSync(path);
    writeFileSync(join(tree, 'modules', name), bytes);
    return name;
  });
  writeFileSync(join(tree, 'modules/list'), `${names.join('\n')}\n`);
  writeFileSync(join(tree, 'init'), INIT);
  writeFileSync(join(tree, 'bin/busybox'), readFileSync('/bin/busybox'));
  for (const each of ['init', 'bin/busybox']) chmodSync(join(tree, each), 0o755);
  run('sh', ['-c', `find . | cpio -o -H newc --quiet | gzip -1 > ${file}`], { cwd: tree });
  return file;
}

/**
 * Boots a kernel and runs the script `guest.sh` of the folder `out`, which is `/mnt` in the machine
 * and can be written there. Returns what the console printed.
 */
export function boot(kernel, out, seconds) {
  const share = (id, path, more) => [
    ...['-fsdev', `local,id=${id},path=${path},security_model=none${more}`],
    ...['-device', `virtio-9p-pci,fsdev=${id},mount_tag=${id}`],
  ];
  const { stdout, status, error } = spawnSync(
    'qemu-system-x86_64',
    [
      ...['-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2', '-m', '2048'],
      ...['-nographic', '-no-reboot', '-kernel', kernel.image, '-initrd', initrdOf(kernel)],
      ...['-append', 'console=ttyS0 quiet panic=-1 mitigations=off'],
      ...share('root', '/', ',readonly=on,multidevs=remap'),
      ...share('out', out, ''),
    ],
    { encoding: 'utf8', timeout: seconds * 1000, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  if (status === 0) return stdout;
  throw new Error(`the machine did not end: ${error?.message ?? status}\n${stdout}`);
}
