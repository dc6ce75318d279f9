// Starts a program so that it does nothing before it is being captured.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import type { Writable } from 'node:stream';
import { AioscopeError } from '../errors.ts';

/** Waits for a line on descriptor 3, and then becomes the program: its PID stays. */
const WAITING = 'read -r line <&3 || exit 125; exec 3<&-; exec "$@"';

/** Signals that are sent to a program. */
type Signal = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGKILL';

/** A program that waits until it is released. */
export class Program {
  readonly #child: ChildProcess;
  readonly #gate: Writable;
  /**
   * Its exit code: of one that a signal ended, 128 and the signal's number; 126 if it cannot be
   * executed, and 127 if it is not found.
   */
  readonly exited: Promise<number>;
  /** Whether it has ended. */
  hasExited = false;

  private constructor(child: ChildProcess, gate: Writable) {
    this.#child = child;
    this.#gate = gate;
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.hasExited = true;
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      });
    });
  }

  /**
   * Starts a program that uses our standard input, output and error.
   *
   * @throws AioscopeError `AIOSCOPE_CAPTURE` if no process can be started
   */
  static async start(command: readonly string[]): Promise<Program> {
    const stdio = ['inherit', 'inherit', 'inherit', 'pipe'] as const;
    let child: ChildProcess;
    try {
      child = spawn('/bin/sh', ['-c', WAITING, 'sh', ...command], { stdio: [...stdio] });
      await once(child, 'spawn');
    } catch (cause) {
      // Some faults are thrown, such as E2BIG, and others emitted.
      const message = `${command[0]}: cannot be started: ${(cause as Error).message}`;
      throw new AioscopeError('AIOSCOPE_CAPTURE', message, { cause });
    }
    const gate = child.stdio[3] as Writable;
    // The program may be killed before it reads.
    gate.on('error', () => {});
    return new Program(child, gate);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Lets it run. */
  release(): void {
    this.#gate.end('\n');
  }

  /** Ends it before it has run. */
  abandon(): void {
    this.#child.kill('SIGKILL');
  }

  /** Sends it a signal. */
  kill(signal: Signal): void {
    this.#child.kill(signal);
  }

  /** Lets it go on without us. */
  leave(): void {
    this.#child.unref();
  }
}
