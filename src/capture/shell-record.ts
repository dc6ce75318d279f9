// The part of the shell script that reads pages, and what else a trace should know.

/** Shell functions: `start`, `wait_for` and `stop_and_save`. */
export const RECORDING = String.raw`
sleeper=

# Reads pages of all CPUs, but not the last ones of each; with "all", at least one of each that has
# events. It never waits: 28 bytes is the shortest event, so there are at least n pages of data.
drain() {
  awk -v all="$1" -v most="$((page / 28 + 1))" '
    /^entries:/ {
      n = int($2 / most)
      if (n == 0 && all != "" && $2 > 0) n = 1
      if (n == 0) next
      split(FILENAME, part, "/per_cpu/")
      sub(/\/stats$/, "", part[2])
      print part[2], n
    }' "$I"/per_cpu/cpu*/stats > "$D/pages"
  is_behind=
  while read -r cpu n; do
    [ "$n" -lt 64 ] || is_behind=1
    dd if="$I/per_cpu/$cpu/trace_pipe_raw" bs="$page" count="$n" 2>/dev/null >> "$D/$cpu.raw" ||
      : > "$D/failed"
  done < "$D/pages"
}

# Prints "NOW DATE NOW": the time of the trace's clock in ns, before and after a command is run.
now() {
  awk -v file="$any_cpu/stats" -v command="$1" '
    function now(line) {
      while ((getline line < file) > 0) if (line ~ /^now ts:/) break
      close(file)
      gsub(/[^0-9]/, "", line)
      return line "000"
    }
    BEGIN {
      before = now()
      if (command == "") { print before; exit }
      command | getline time
      print before, time, now()
    }'
}

# Every thread: "TGID TID NAME", the name as /proc/TID/status has it.
list_processes() {
  for task in /proc/[0-9]*/task/[0-9]*; do
    IFS= read -r line < "$task/status" && printf '%s %s\n' "$task" "$line"
  done 2>/dev/null | LC_ALL=C sed -n 's|^/proc/\([0-9]*\)/task/\([0-9]*\) Name:.|\1 \2 |p'
}

# The descriptors of processes that use native AIO: "PID FD PATH".
list_descriptors() {
  grep -l '/\[aio\]' /proc/[0-9]*/maps 2>/dev/null | while IFS=/ read -r _ _ pid _; do
    QUOTING_STYLE=literal LC_ALL=C ls -l "/proc/$pid/fd" 2>/dev/null | LC_ALL=C awk -v pid="$pid" '
      function end(command, line, whole) {
        if (fd == "") return
        if (index(path, "?") > 0) {
          # The ls of busybox prints this for whatever is not ASCII.
          command = "readlink /proc/" pid "/fd/" fd " 2>/dev/null"
          while ((command | getline line) > 0) whole = whole (whole == "" ? "" : "\n") line
          close(command)
          if (whole != "") path = whole
        }
        gsub(/\\/, "&&", path)
        gsub(/\n/, "\\n", path)
        print pid, fd, path
      }
      match($0, /^l[^>]* [0-9]+ -> /) {
        end()
        fd = substr($0, 1, RLENGTH - 4)
        sub(/.* /, "", fd)
        path = substr($0, RLENGTH + 1)
        next
      }
      # A path with a newline.
      fd != "" { path = path "\n" $0 }
      END { end() }'
  done
}

# Adds the descriptors that are new or of another file than before: "NS PID FD PATH".
note_descriptors() {
  time=$(now)
  list_descriptors > "$D/fds"
  LC_ALL=C awk -v time="$time" '
    FILENAME == ARGV[1] { seen[$0]; next }
    !($0 in seen) { print time, $0 }' "$D/fds.before" "$D/fds" >> "$D/descriptors"
  mv "$D/fds" "$D/fds.before"
}

# Whether the recording goes on. If nobody is left to end it, this does.
is_recording() {
  [ ! -e "$D/stop" ] || return 1
  kill -0 $$ 2>/dev/null && return
  # The shell that started this was killed.
  clean_up
  return 1
}

keep_reading() {
  pause=1
  sleep 0.01 2>/dev/null && pause=0.2
  while is_recording; do
    drain ''
    [ -n "$is_behind" ] || sleep $pause
  done
}

# Every second, or less often where there are many processes.
keep_noting() {
  while [ ! -e "$D/stop" ] && kill -0 $$ 2>/dev/null; do
    note_descriptors
    set -- /proc/[0-9]*
    sleep $((1 + $# / 500))
  done
}

# How far the time of day is ahead of the trace's clock, in ns: the closest of five attempts;
# nothing if that is not known to 50 ms, or date has no %N.
note_time_of_day() {
  least=100000000
  for attempt in 1 2 3 4 5; do
    set -- $(now 'date +%s%N')
    case $2 in
      *[!0-9]*) return 0 ;;
      ???????????????????) ;;
      *) return 0 ;;
    esac
    [ $(($3 - $1)) -lt $least ] || continue
    least=$(($3 - $1))
    echo $(($2 - ($1 + $3) / 2)) > "$D/started"
  done
}

start() {
  set -- $(sed -n 's/.* data;.*offset:\([0-9]*\);.*size:\([0-9]*\);.*/\1 \2/p' "$D/header_page")
  [ $# = 2 ] || die "$T/events/header_page does not describe the pages"
  page=$(($1 + $2))
  for any_cpu in "$I"/per_cpu/cpu*; do : > "$D/$(basename "$any_cpu").raw"; done
  : > "$D/fds.before"
  note_time_of_day
  keep_reading &
  each_event enable
  list_processes > "$D/processes"
  keep_noting &
}

# Waits for a number of seconds, or for a signal if there is none.
wait_for() {
  left=$1
  while [ -z "$stopped" ] && [ "$left" != 0 ]; do
    [ -n "$left" ] && [ "$left" -lt 60 ] && part=$left || part=60
    sleep $part &
    sleeper=$!
    wait $sleeper
    [ -z "$left" ] || left=$((left - part))
  done
  kill $sleeper 2>/dev/null
}

# The hits of the probes. Their list and this one have the same order; only the first says whose
# they are.
profile() {
  awk -v group=":$G/" '
    FILENAME == ARGV[1] { isOwn[FNR] = index($1, group) > 0; next }
    isOwn[FNR]' "$T/kprobe_events" "$T/kprobe_profile"
}

stop_and_save() {
  disable_all
  : > "$D/stop"
  wait
  while :; do
    drain all
    [ -s "$D/pages" ] && [ ! -e "$D/failed" ] || break
  done
  note_descriptors
  for cpu in "$I"/per_cpu/cpu*; do cat "$cpu/stats" > "$D/$(basename "$cpu").stats"; done
  profile > "$D/profile"
  [ ! -e "$D/failed" ] || say "some pages could not be written: is the disk full?"
  rm -f "$D/stop" "$D/pages" "$D/fds.before" "$D/failed"
  (cd "$D" && tar -cf - .) > "$out" || die "cannot write $out"
  [ -z "$SUDO_UID" ] || chown "$SUDO_UID:$SUDO_GID" "$out"
  is_saved=1
  say "wrote $out; to read it on any machine: aioscope import $out -o run.trace"
}
`;
