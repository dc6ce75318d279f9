// What npm run test:kernel captures, and the shell commands that do it in the machine.

const FIO =
  'fio --name=job --filename=/dev/nullb0 --direct=1 --bs=4k --rw=randrw --ioengine=libaio';

/** A run of fio that writes its results as JSON to `$R`. */
const fio = (options, file = 'fio.json') =>
  `${FIO} ${options} --output-format=json --output="$R/${file}" > /dev/null`;

/** Starts the shell script, and waits until it records. */
const BACKGROUND =
  'sh /mnt/capture.sh -o /run/pages.tar & pid=$!; ' +
  'while ! grep -qs 1 $T/instances/aioscope$pid/events/aioscope$pid/sub/enable; ' +
  'do sleep 0.2; done; sleep 1';

/**
 * What is captured: `$R` is a folder for what programs say of their own requests. Those with
 * `guest` are of the shell script alone.
 */
export const SCENARIOS = [
  { name: 'depth1', command: fio('--iodepth=1 --number_ios=3000') },
  {
    name: 'depth8',
    command: fio('--iodepth=8 --number_ios=6000 --numjobs=2'),
    isForBusybox: true,
  },
  {
    name: 'depth32',
    command: fio('--iodepth=32 --iodepth_batch=8 --number_ios=12000 --userspace_reap'),
  },
  {
    name: 'threads',
    command: fio('--iodepth=4 --number_ios=2000 --numjobs=4 --thread'),
  },
  {
    name: 'children',
    command:
      'i=0; while [ $i -lt 20 ]; do ' +
      `${fio('--iodepth=4 --number_ios=20 --size=1m', 'fio$i.json')}; i=$((i + 1)); done`,
  },
  {
    name: 'refusals',
    command: 'mkdir /run/aio && /mnt/aio-run /run/aio && cp /run/aio/*.bin "$R"',
  },
  { name: 'exit-code', command: 'exit 7', code: 7, isForBusybox: true },
  { name: 'no-program', command: '/mnt/no-such-program', code: 127 },
  {
    name: 'overflow',
    command: fio('--iodepth=32 --number_ios=20000'),
    kilobytes: 64,
    mayLose: true,
  },
  {
    // Conditions are an option of the command.
    name: 'where',
    command: fio('--iodepth=8 --number_ios=4000'),
    where: 'aio_lio_opcode=PWRITE',
    isOfCommand: true,
  },
  {
    // Began before the recording and goes on after it.
    name: 'running',
    before: `${FIO} --iodepth=8 --rate_iops=1000 --time_based --runtime=600 > /dev/null 2>&1 & other=$!; sleep 8`,
    seconds: 4,
    after: 'kill $other; wait $other 2>/dev/null',
    isForBusybox: true,
  },
  {
    name: 'terminated',
    guest: `${BACKGROUND}; ${fio('--iodepth=4 --number_ios=2000')}; kill $pid; wait $pid; code=$?`,
  },
  {
    name: 'killed',
    guest: `${BACKGROUND}; kill -9 $pid; wait $pid; sleep 4; code=0`,
    isKilled: true,
  },
  {
    // What a dead process left is removed; what another program has is not.
    name: 'stale',
    guest:
      'mount -t tracefs tracefs $T; ' +
      'for g in aioscope4194303 aioscope other; do mkdir $T/instances/$g; ' +
      'echo "p:$g/sub io_submit_one" >> $T/kprobe_events; ' +
      'echo 1 > $T/instances/$g/events/$g/sub/enable; done; ' +
      `sh /mnt/capture.sh -o /run/pages.tar -- sh -c '${fio('--iodepth=4 --number_ios=500')}'; ` +
      'code=$?; for g in aioscope other; do rmdir $T/instances/$g || code=foreign; ' +
      'echo "-:$g/sub" >> $T/kprobe_events || code=foreign; done; ' +
      'cat $T/kprobe_events > "$R/left"; ls $T/instances >> "$R/left"; umount $T',
  },
];

const byScript = (sh, { kilobytes, seconds, command }) =>
  `${sh} /mnt/capture.sh -o /run/pages.tar ` +
  `${kilobytes === undefined ? '' : `-b ${kilobytes} `}` +
  `${command === undefined ? `-d ${seconds}` : `-- env PATH="$PATH" sh -c '${command}'`}; code=$?`;

/** How a scenario is captured in the machine: shell commands, by the name of the way. */
const WAYS = {
  script: (scenario) => scenario.guest ?? byScript('sh', scenario),
  // No other programs than those of busybox.
  busybox: (scenario) => byScript('PATH=/run/busybox /run/busybox/sh', scenario),
  command: ({ kilobytes, command, seconds, where }) =>
    'mount -t tracefs tracefs $T; ' +
    `node "$DIST/cli/main.js" capture --method kprobe -o /run/run.trace --json ` +
    `${kilobytes === undefined ? '' : `--buffer ${kilobytes}KiB `}` +
    `${where === undefined ? '' : `--where ${where} `}` +
    `${command === undefined ? `--duration ${seconds}s` : `-- sh -c '${command}'`} ` +
    '> "$R/stdout.json"; code=$?; umount $T',
};

/** Whether a scenario is captured in a way. */
export function isFor(way, { isForBusybox, guest, isOfCommand }) {
  if (way === 'script') return isOfCommand !== true;
  if (way === 'busybox') return isForBusybox === true;
  // The command removes what it has set up in other ways, which the other tests see.
  return guest === undefined;
}

/** The script that runs in the machine, for cases that are a scenario and a way each. */
export const guestScript = (cases, dist) =>
  [
    'export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/run TMPDIR=/run',
    `DIST=${dist}; cd /run`,
    `node() { "${process.execPath}" "$@"; }`,
    'T=/sys/kernel/tracing; mkdir /run/busybox; busybox --install -s /run/busybox',
    ...cases.flatMap(({ way, scenario }) => [
      `export R=/mnt/${way}-${scenario.name}; mkdir "$R"; echo "== $R" >&2`,
      scenario.before ?? '',
      `${WAYS[way](scenario)}`,
      'echo $code > "$R/code"',
      scenario.after ?? '',
      'grep tracefs /proc/mounts >> "$R/left"; mount -t tracefs tracefs $T',
      'cat $T/kprobe_events >> "$R/left"; ls $T/instances >> "$R/left"; umount $T',
      'for f in pages.tar run.trace; do [ ! -e /run/$f ] || mv /run/$f "$R"; done',
      'ls /run > "$R/files"; rm -rf /run/aio',
    ]),
    'echo end > /mnt/end',
    '',
  ].join('\n');
