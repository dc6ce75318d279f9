// The part of the shell script that sets up probes and removes them.

/** Shell functions: `set_up` begins a recording, `clean_up` removes whatever is left of it. */
export const SETTING_UP = String.raw`
T= I= D= G=aioscope$$
is_mounted= has_group= has_out= is_saved=

find_tracefs() {
  T=$(awk '$3 == "tracefs" && $2 !~ /\\/ { print $2; exit }' /proc/mounts)
  [ -z "$T" ] || return 0
  T=/sys/kernel/tracing
  [ -d "$T" ] || die "this kernel was built without tracing: it has no $T"
  mount -t tracefs tracefs "$T" || die "tracefs cannot be mounted at $T"
  is_mounted=1
}

# Removes the instance and the probes of one recording, by its name.
remove_group() {
  if [ -d "$T/instances/$1" ]; then
    echo 0 > "$T/instances/$1/events/enable"
    # Whoever still reads a file of it has to end first.
    for try in 1 2 3 4 5; do
      rmdir "$T/instances/$1" 2>/dev/null && break
      sleep 1
    done
    [ ! -d "$T/instances/$1" ] || say "cannot remove $T/instances/$1: it is in use"
  fi
  for list in "$T/kprobe_events" "$T/uprobe_events"; do
    [ -f "$list" ] || continue
    for probe in $(sed -n "s|^[a-z][0-9]*:\($1/[^ ]*\) .*|\1|p" "$list"); do
      # Writing with > would remove the probes of everyone.
      echo "-:$probe" >> "$list" || say "cannot remove the probe $probe"
    done
  done
}

# Removes what recordings left whose process is dead. Their names have its PID, which another PID
# namespace may use for a process that is alive.
remove_stale() {
  [ "$(readlink /proc/self/ns/pid)" = 'pid:[4026531836]' ] || return 0
  for name in $({
    ls "$T/instances"
    cat "$T/kprobe_events" "$T/uprobe_events" 2>/dev/null |
      sed -n 's|^[a-z][0-9]*:\(aioscope[0-9_]*\)/.*|\1|p'
  } | sort -u); do
    pid=$(expr "$name" : 'aioscope\([1-9][0-9]*\)_*[0-9]*$') || continue
    [ -d "/proc/$pid" ] || [ "$name" = "$G" ] || remove_group "$name"
  done
}

add_probe() {
  printf '%s\n' "$1" >> "$T/kprobe_events" && return
  tail -n 4 "$T/error_log" >&2 2>/dev/null
  die "the kernel refused a probe; kernel lockdown may forbid it"
}

add_probes() {
  for function in io_submit_one aio_complete; do
    grep -q " [tT] $function\$" /proc/kallsyms ||
      die "/proc/kallsyms has no $function: the compiler inlined or renamed it"
  done
  words= n=0
  while [ $n -lt 8 ]; do
    words="$words w$n=+u$((8 * n))(\$arg2):x64"
    n=$((n + 1))
  done
  fields="ctx=\$arg1:x64 uid=+$user_id(\$arg1):x64 obj=\$arg2:x64"
  add_probe "p:$G/sub io_submit_one $fields$words"
  add_probe "r512:$G/ret io_submit_one ret=\$retval:s32"
  ctx="+$ki_ctx(\$arg1)"
  fields="ctx=$ctx:x64 uid=+$user_id($ctx):x64 ev=+$ki_res(\$arg1):x64[4]"
  add_probe "p:$G/done aio_complete $fields"
}

# Calls a function with the group and the name of each event.
each_event() {
  for event in done ret sub; do "$1" "$G" $event; done
  for event in task_newtask task_rename; do "$1" task $event; done
  for call in setup destroy submit cancel getevents pgetevents; do
    for edge in enter exit; do "$1" syscalls sys_"$edge"_io_"$call"; done
  done
}

copy_format() {
  [ ! -d "$I/events/$1/$2" ] || cat "$I/events/$1/$2/format" > "$D/$2.format"
}

enable() {
  [ ! -d "$I/events/$1/$2" ] || echo 1 > "$I/events/$1/$2/enable" || die "cannot enable $1/$2"
}

# In this order, a submission that was recorded gets its return value. Tracing itself stays on:
# what probes see while it is off would count as lost.
disable_all() {
  for event in sub ret done; do echo 0 > "$I/events/$G/$event/enable"; done
  echo 0 > "$I/events/enable"
}

set_up() {
  [ "$(id -u)" = 0 ] || die "needs root: run it with sudo"
  find_tracefs
  [ -e "$T/kprobe_events" ] ||
    die "this kernel has no kprobes: there is no $T/kprobe_events (CONFIG_KPROBE_EVENTS)"
  [ -w "$T/kprobe_events" ] || die "$T/kprobe_events is not writable: kernel lockdown may forbid it"
  set_offsets
  remove_stale
  (set -C && : > "$out") 2>/dev/null || die "cannot create $out: it exists, or its folder does not"
  has_out=1
  mkdir "$out.$$" || die "cannot create the folder $out.$$"
  D=$out.$$
  I=$T/instances/$G
  mkdir "$I" || die "cannot create $I"
  has_group=1
  add_probes
  echo mono > "$I/trace_clock" || die "this kernel has no trace clock 'mono'"
  echo 0 > "$I/options/overwrite"
  echo "$kb" > "$I/buffer_size_kb" || die "cannot allocate $kb KB per CPU; use a smaller -b"
  cat "$T/events/header_page" > "$D/header_page"
  cat "$I/trace_clock" > "$D/trace_clock"
  cat /proc/version > "$D/uname"
  each_event copy_format
  start
}

clean_up() {
  trap '' HUP INT TERM
  [ -z "$D" ] || : > "$D/stop"
  [ -z "$sleeper" ] || kill "$sleeper" 2>/dev/null
  wait
  [ -z "$has_group" ] || remove_group "$G"
  [ -z "$is_mounted" ] || umount "$T"
  [ -z "$D" ] || rm -rf "$D"
  [ -z "$has_out" ] || [ -n "$is_saved" ] || rm -f "$out"
}
`;
