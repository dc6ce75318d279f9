// Runs bpftrace with a script, and buffers what it prints.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { processFile } from '../process-tree.ts';

/** Output that is buffered before the pipe is paused, in bytes. */
const BUFFERED_MAX = 2 ** 22;
/** The end of stderr that is kept, in characters. */
const STDERR_MAX = 4096;
/** How long bpftrace may take to end once it was asked to, in ms. */
const END_MS = 20_000;
/** Processes and threads that the maps of the script have room for. */
const MAP_KEYS = '65536';

/** bpftrace says this on machines where it does not matter, too. */
const HARMLESS = /RLIMIT_MEMLOCK/;

/** Bytes of a page of this kernel. */
function pageBytes(): number {
  const [, kib] = /^KernelPageSize: +(\d+) kB/m.exec(processFile(process.pid, 'smaps') ?? '') ?? [];
  return Number(kib ?? 4) * 1024;
}

function environment(bufferBytes: number): NodeJS.ProcessEnv {
  const pages = 2 ** Math.ceil(Math.log2(Math.max(1, bufferBytes / pageBytes())));
  return {
    ...process.env,
    BPFTRACE_PERF_RB_PAGES: String(pages),
    // The first is the name up to bpftrace 0.18, the second that of later ones.
    BPFTRACE_MAP_KEYS_MAX: MAP_KEYS,
    BPFTRACE_MAX_MAP_KEYS: MAP_KEYS,
  };
}

/** A run of bpftrace. */
export class BpftraceProcess {
  readonly #folder: string;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #closed: Promise<void>;
  readonly #decoder = new TextDecoder();
  #chunks: Buffer[] = [];
  #bytes = 0;
  #partial = '';
  #stderr = '';
  #isStopping = false;
  #wake: () => void = () => {};
  /** How it ended; null while it runs. */
  end: string | null = null;

  constructor(script: string, bufferBytes: number) {
    this.#folder = mkdtempSync(join(tmpdir(), 'aioscope-'));
    const file = join(this.#folder, 'aio.bt');
    writeFileSync(file, script, { mode: 0o600 });
    this.#child = spawn('bpftrace', ['-B', 'full', file], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ctrl-C in a terminal is for this process, which then stops bpftrace.
      detached: true,
      env: environment(bufferBytes),
    });
    this.#closed = this.#observe();
  }

  /** The last lines of stderr. */
  get complaint(): string {
    const lines = this.#stderr.trim().split('\n');
    const useful = lines.filter((line) => !HARMLESS.test(line));
    return useful.slice(-5).join('\n');
  }

  /** Whether there may be more lines in memory. */
  get hasLines(): boolean {
    return this.#chunks.length > 0;
  }

  /** Removes the script, which bpftrace has read once it prints lines. */
  removeScript(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Takes some of the lines that it has printed. */
  lines(): string[] {
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return [];
    this.#bytes -= chunk.byteLength;
    if (this.#bytes < BUFFERED_MAX / 2) this.#child.stdout.resume();
    const lines = (this.#partial + this.#decoder.decode(chunk, { stream: true })).split('\n');
    this.#partial = lines.pop() ?? '';
    return lines;
  }

  /** Waits until it has printed something or ended, or for some time. */
  async changed(ms: number): Promise<void> {
    if (this.hasLines || this.end !== null) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
  }

  /** From now on reads what it prints, however much that is: at most what the kernel buffers. */
  readAll(): void {
    this.#isStopping = true;
    this.#child.stdout.resume();
  }

  /** Sends a signal to it. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Lets it print its counts and end, and reads all of its output. */
  async stop(): Promise<void> {
    this.readAll();
    if (this.end === null) this.#child.kill('SIGINT');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), END_MS);
    await this.#closed;
    clearTimeout(timer);
  }

  /** Ends it, if it still runs, and removes its script. */
  async close(): Promise<void> {
    this.readAll();
    if (this.end === null) this.#child.kill('SIGKILL');
    await this.#closed;
    this.#chunks = [];
    this.removeScript();
  }

  /** Resolves once it has ended, and all of its output is in memory. */
  #observe(): Promise<void> {
    const child = this.#child;
    child.stdout.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#bytes += chunk.byteLength;
      if (this.#bytes > BUFFERED_MAX && !this.#isStopping) child.stdout.pause();
      this.#wake();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_MAX);
    });
    return new Promise((resolve) => {
      const ended = (how: string): void => {
        this.end ??= how;
        this.#wake();
        resolve();
      };
      child.on('error', (error) => ended(error.message));
      child.on('exit', (code, signal) => {
        // A paused pipe would not close.
        this.readAll();
        child.once('close', () => ended(signal === null ? `exit code ${code}` : signal));
      });
    });
  }
}
