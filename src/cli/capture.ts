import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import {
  CAPTURE_METHODS,
  CAPTURE_SCRIPTS,
  type Capture,
  type CaptureMethod,
  type CaptureProgress,
  type CaptureScript,
  capture,
} from '../capture/index.ts';
import type { TraceManifest } from '../import.ts';
import { capturedText, liveText, nextCommand } from '../words/capture.ts';
import { printMethods, printScript } from './capture-about.ts';
import { CaptureFolder, checkFree } from './capture-folder.ts';
import { bytesOf, millisecondsOf, pidsOf, slotsOf } from './capture-values.ts';
import { whereOption } from './column-options.ts';
import { errorText, usageError } from './exit.ts';
import { LiveLine } from './live-line.ts';
import { DescribedOption } from './option.ts';
import { printError, printWarning, write } from './output.ts';

/** Exit code: aioscope failed, and not the program that it has started. */
const FAILED = 125;

/** The options of `aioscope capture`. */
interface CaptureCommandOptions {
  readonly pid?: readonly (readonly number[])[];
  readonly output?: string;
  readonly method: CaptureMethod | 'auto';
  readonly duration?: number;
  readonly buffer: number;
  readonly slots: number;
  readonly where?: readonly string[];
  readonly check?: boolean;
  readonly printScript?: CaptureScript;
  readonly btf?: string;
  readonly json?: boolean;
}

/** A name that no file has, from the time. */
function freePath(): string {
  const time = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  const paths = Array.from({ length: 100 }, (_, i) => `${time}${i === 0 ? '' : `-${i}`}.trace`);
  return paths.find((path) => !existsSync(path)) ?? paths[0];
}

/** Signals that end a capture. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Ends the capture when we are asked to. A program that we started gets the signal, and the capture
 * ends when it exits, or at the next signal. What a terminal sends, it sends to the program too.
 */
function endOnSignals(running: Capture): () => void {
  let asked = 0;
  const end = (signal: (typeof ENDING)[number]): void => {
    asked += 1;
    const { program } = running;
    if (program === undefined || program.hasExited || asked > 1) running.stop();
    else if (signal !== 'SIGINT' || process.stdin.isTTY !== true) program.kill(signal);
  };
  for (const signal of ENDING) process.on(signal, end);
  return () => {
    for (const signal of ENDING) process.off(signal, end);
  };
}

/** What a capture has come to. */
interface Outcome {
  readonly manifest: TraceManifest;
  readonly elapsedMs: number;
  readonly fault: Error | undefined;
}

/** Says that a method was chosen that records only a part, since no better one works. */
function warnOfMethod(method: string): void {
  if (method === 'uprobe' || method === 'ring')
    printWarning(
      `capturing by ${method}, which records ${method === 'ring' ? 'some' : 'no'} completions: ` +
        '`aioscope capture --check` shows why better methods do not work here',
    );
}

/** Captures into a folder. */
async function record(running: Capture, path: string, isAuto: boolean): Promise<Outcome> {
  let folder: CaptureFolder | undefined;
  let begun = performance.now();
  try {
    for await (const chunk of running.chunks()) {
      if (folder === undefined) {
        folder = new CaptureFolder(path);
        folder.begin(running.manifest);
        if (isAuto) warnOfMethod(running.manifest.method);
        begun = performance.now();
      }
      folder.write(chunk);
      if (folder.fault !== undefined) running.stop();
    }
    const elapsedMs = performance.now() - begun;
    const manifest = folder?.end(running.manifest) ?? running.manifest;
    return { manifest, elapsedMs, fault: folder?.fault };
  } finally {
    folder?.close();
  }
}

/** `aioscope capture [OPTIONS] [-- CMD…]` */
async function run(command: readonly string[], options: CaptureCommandOptions): Promise<void> {
  const { pid = [], output, method, duration, buffer, slots, where, json } = options;
  const pids = pid.flat();
  if (options.check) return printMethods(pids, json);
  if (options.printScript !== undefined) return printScript(options.printScript, options.btf);
  if (options.btf !== undefined) usageError('--btf requires --print-script sh');
  const path = output ?? freePath();
  checkFree(path);
  const hasProgram = command.length > 0;
  // The line of a program that has the terminal is left alone.
  const line = new LiveLine(!hasProgram || process.stdout.isTTY !== true);
  let last: CaptureProgress | undefined;
  const running = capture({
    ...{ method, pids, where, slots },
    ...(hasProgram && { command }),
    ...{ durationMs: duration, bufferBytes: buffer },
    onProgress: (progress) => {
      line.draw(liveText(running.manifest.method, progress, last ?? progress));
      last = progress;
    },
  });
  const release = endOnSignals(running);
  let outcome: Outcome;
  try {
    outcome = await record(running, path, method === 'auto');
  } finally {
    line.clear();
    release();
  }
  const { manifest, elapsedMs, fault } = outcome;
  const text = capturedText(manifest, path, elapsedMs, (name) => `--${name}`);
  process.stderr.write(`${text}\n  ${nextCommand(path)}\n`);
  if (json) await write(`${JSON.stringify(manifest)}\n`);
  if (fault !== undefined) throw fault;
  const { program } = running;
  if (program?.hasExited) process.exitCode = await program.exited;
  program?.leave();
}

/** Runs the command. With a program, its exit code tells our faults from those of the program. */
async function runProgram(
  command: readonly string[],
  options: CaptureCommandOptions,
  { options: known }: Command,
): Promise<void> {
  try {
    await run(command, options);
  } catch (error) {
    if (command.length === 0) throw error;
    printError(errorText(error, (flag) => known.some(({ long }) => long === flag)));
    process.exitCode = FAILED;
  }
}

const HELP = `
Attaches to running programs: no restart, no kernel module. Most methods need root. What
is set up in the kernel is removed at the end, and what a killed capture has left is
removed by the next one. Only native AIO is captured: not io_uring, pread or pwrite.

Methods, the best first (--method):
  kprobe    kernel probes: every submission, refusal, completion and call
  bpftrace  a script for bpftrace, which must be installed: like kprobe, but slower; it
            misses completions that are reaped without a system call, and of a call all
            records beyond 64
  uprobe    a probe in libaio: submissions and calls, no completions; records up to
            --slots submissions per call and counts the rest as lost
  ring      sampling: polls the completion rings of programs; completions that are
            overwritten between polls are missed, and how many is unknown

With a program after --, the exit code is that of the program; 125 if aioscope fails, 126
if the program cannot be executed, 127 if it is not found. Ctrl-C ends the capture; the
program gets it too, and the capture ends when it exits, or at the second Ctrl-C.
There are no --from, --to, --follow and --workers. Without --duration and a program, a
capture runs until Ctrl-C.

Examples:
  $ sudo aioscope capture --check                            # which methods work here?
  $ sudo aioscope capture -o run.trace -- fio job.fio
  $ sudo aioscope capture -o run.trace --pid 1234 --duration 10s
  $ sudo aioscope capture -o run.trace --where 'aio_lio_opcode=PWRITE' --duration 1m
  $ aioscope report run.trace
  $ aioscope capture --print-script sh > capture.sh          # for a host without Node`;

/** Adds the command `capture`. */
export function add(aioscope: Command): void {
  aioscope
    .command('capture')
    .argument('[command...]', 'a program to start and capture, with its arguments, after --')
    .description('Capture the AIO of running programs as a trace.')
    .option('-o, --output <trace>', 'trace folder to create (default: named after the time)')
    .addOption(
      new DescribedOption('--pid <pid>', 'a process to follow, with its threads and children', {
        detail: '; repeatable (default: all processes)',
        repeated: true,
        parse: pidsOf,
      }),
    )
    .addOption(
      new DescribedOption('--method <method>', 'how to capture', {
        values: ['auto', ...CAPTURE_METHODS],
        byDefault: 'auto',
      }),
    )
    .addOption(
      new DescribedOption('--duration <time>', 'end after this time, such as 10s', {
        detail: ' (units: ms, s, m, h); a started program keeps running',
        parse: millisecondsOf,
      }),
    )
    .addOption(
      new DescribedOption('--buffer <size>', "memory of the kernel's buffer per CPU", {
        parse: bytesOf,
        byDefault: 8 * 2 ** 20,
      }).default(8 * 2 ** 20, '8M'),
    )
    .addOption(
      new DescribedOption('--slots <n>', 'submissions per call that a uprobe reads', {
        parse: slotsOf,
        byDefault: 8,
      }),
    )
    .addOption(whereOption('submissions'))
    .option('--check', 'show which methods work on this machine, and why the others do not')
    .addOption(
      new DescribedOption('--print-script <kind>', 'print a script for a host without Node', {
        values: CAPTURE_SCRIPTS,
      }),
    )
    .option('--btf <file>', "with --print-script sh: the BTF of that host's kernel, if it has none")
    .option('--json', 'print one JSON object: capture.json, or with --check the methods')
    .addHelpText('after', HELP)
    .action((command: readonly string[], options: CaptureCommandOptions, self: Command) =>
      runProgram(command, options, self),
    );
}
