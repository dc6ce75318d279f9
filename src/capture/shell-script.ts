// A shell script that records raw pages where there is no Node.
import type { KernelOffsets } from './btf.ts';
import { FIND_OFFSETS } from './shell-btf.ts';
import { RECORDING } from './shell-record.ts';
import { SETTING_UP } from './shell-setup.ts';

const HEAD = String.raw`#!/bin/sh
# Records native AIO (io_submit) with the kernel's own tracing, for aioscope. Needs root, a shell
# and the usual small programs, such as those of busybox.

usage() {
  cat <<'END'
Usage: sh aioscope-capture.sh [-d SECONDS] [-b KB_PER_CPU] [-o OUT.tar] [-- CMD...]

Records native AIO (io_submit) of all processes with kprobes, and writes what was
recorded as a tar. Import that on any machine: aioscope import OUT.tar -o run.trace

  -- CMD...      run a program, record until it ends, and exit with its code
  -d SECONDS     record for this time; without -d and CMD, until Ctrl-C
  -b KB_PER_CPU  memory of the kernel for events, per CPU (default: 8192)
  -o OUT.tar     the tar to write (default: aioscope-DATE-TIME.tar)
  -h             show this help

Needs root, and Linux 5.8 or newer with CONFIG_KPROBE_EVENTS. While it records, pages
are kept beside the tar, which needs room for twice its size. It leaves nothing behind in the
kernel.
END
}

say() { printf 'aioscope: %s\n' "$*" >&2; }
die() {
  say "error: $*"
  exit 1
}
`;

const MAIN = `
umask=$(umask)
umask 077
out= seconds= kb=8192
while getopts d:b:o:h option; do
  case $option in
    d) seconds=$OPTARG ;;
    b) kb=$OPTARG ;;
    o) out=$OPTARG ;;
    h) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done
shift $((OPTIND - 1))
case $seconds in *[!0-9]*) die "-d is '$seconds'; it has to be a number of seconds" ;; esac
case $kb in '' | *[!0-9]*) die "-b is '$kb'; it has to be a number of KB" ;; esac
[ "$kb" -ge 64 ] || die "-b is '$kb'; it has to be at least 64"
[ -z "$seconds" ] || [ $# = 0 ] || die "-d cannot be combined with a program"
[ -n "$out" ] || out=aioscope-$(date +%Y%m%d-%H%M%S).tar

trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
set_up
code=0
stopped=
if [ $# -gt 0 ]; then
  # The program gets these signals as well. The recording ends when the program has ended.
  trap : HUP INT TERM
  say "recording until $1 ends"
  (umask "$umask" && exec "$@")
  code=$?
else
  trap 'stopped=1' HUP INT TERM
  if [ -n "$seconds" ]; then say "recording for $seconds s"
  else say "recording until Ctrl-C"; fi
  wait_for "$seconds"
fi
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
stop_and_save
exit "$code"
`;

/**
 * The text of a POSIX shell script that records raw pages of tracefs and the files that
 * `aioscope import` reads beside them, as a tar. It needs root and the tools of POSIX or busybox.
 *
 * @param offsets - those of the kernel to be traced; without them, the script finds them itself
 */
export function shellScript(offsets?: KernelOffsets): string {
  const find =
    offsets === undefined
      ? `${FIND_OFFSETS}\nset_offsets() { find_offsets /sys/kernel/btf/vmlinux; }\n`
      : '\n# Where these members are in struct aio_kiocb and struct kioctx.\nset_offsets() {\n' +
        `  ki_res=${offsets.kiRes} ki_ctx=${offsets.kiCtx} user_id=${offsets.userId}\n}\n`;
  return HEAD + find + SETTING_UP + RECORDING + MAIN;
}
