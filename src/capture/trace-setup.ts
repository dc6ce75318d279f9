// The capture's own part of tracefs: an instance with its buffers, and a group of probes.
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { AioscopeError } from '../errors.ts';
import { type EventFormat, parseEventFormat } from '../import/pages/event-format.ts';
import { removeLeftovers, removeProbes } from './leftovers.ts';
import type { ProbePlan } from './probes.ts';
import { addProbe, setFile, textOf } from './tracefs.ts';

/** Captures of this process so far. */
let captures = 0;

/** The capture's part of tracefs. Nobody else's is touched. */
export class TraceSetup {
  readonly #tracefs: string;
  /** The name of the instance and of the group. */
  readonly name: string;
  /** The folder of the instance. */
  readonly path: string;
  #held: number | undefined;
  #probes = 0;

  constructor(tracefs: string) {
    this.#tracefs = tracefs;
    captures += 1;
    this.name = `aioscope${process.pid}_${captures}`;
    this.path = join(tracefs, 'instances', this.name);
  }

  /** Creates the instance, with a buffer of this size per CPU. Nothing is recorded yet. */
  create(bufferBytes: number): void {
    removeLeftovers(this.#tracefs);
    try {
      mkdirSync(this.path);
    } catch (cause) {
      throw new AioscopeError(
        'AIOSCOPE_CAPTURE',
        `${this.path}: cannot be created: ${(cause as Error).message}`,
        { cause },
      );
    }
    // An instance with an open file cannot be removed by a capture that takes it for left over.
    this.#held = openSync(join(this.path, 'trace_clock'), 'r');
    this.set('trace_clock', 'mono');
    // What does not fit is dropped, and counted: what was recorded is never overwritten.
    this.set('options/overwrite', '0');
    this.set('buffer_size_kb', String(Math.ceil(bufferBytes / 1024)));
  }

  /** Sets the probes. Returns the events that they make, as paths below \`events\`. */
  addProbes({ list, probes }: ProbePlan): string[] {
    return probes.map(({ name, type, of }) => {
      this.#probes += 1;
      const event = `${this.name}/${name}${this.#suffix}${this.#probes}`;
      addProbe(this.#tracefs, list, `${type}:${event} ${of}`);
      return event;
    });
  }

  /** What the names of its probes have behind them, without the number of each probe. */
  get #suffix(): string {
    return `_${process.pid}_${captures}_`;
  }

  /** The lines of a profile that are of its own probes. */
  profile({ profile }: ProbePlan): string {
    const lines = (textOf(join(this.#tracefs, profile)) ?? '').split('\n');
    return lines.filter((line) => line.includes(this.#suffix)).join('\n');
  }

  /** Sets a file of the instance. */
  set(file: string, value: string): void {
    setFile(join(this.path, file), value);
  }

  /** Whether the kernel has an event. */
  has(event: string): boolean {
    return existsSync(join(this.path, 'events', event));
  }

  format(event: string): EventFormat {
    const file = join(this.path, 'events', event, 'format');
    return parseEventFormat(textOf(file) ?? '', file);
  }

  /** The layout of pages, as a file of tracefs. */
  get headerPage(): { readonly file: string; readonly text: string } {
    const file = join(this.#tracefs, 'events', 'header_page');
    return { file, text: textOf(file) ?? '' };
  }

  /** The CPUs that have a buffer. */
  get cpus(): number[] {
    return readdirSync(join(this.path, 'per_cpu'))
      .map((name) => Number(/^cpu(\d+)$/.exec(name)?.[1]))
      .filter((cpu) => !Number.isNaN(cpu))
      .sort((a, b) => a - b);
  }

  /** The counters of the buffer of a CPU, as text. */
  stats(cpu: number): string {
    return textOf(join(this.path, 'per_cpu', `cpu${cpu}`, 'stats')) ?? '';
  }

  pipe(cpu: number): string {
    return join(this.path, 'per_cpu', `cpu${cpu}`, 'trace_pipe_raw');
  }

  /** Removes the instance and the probes. The buffers must not be open any more. */
  remove(): void {
    if (this.#held !== undefined) closeSync(this.#held);
    this.#held = undefined;
    if (existsSync(this.path)) rmdirSync(this.path);
    if (this.#probes > 0) removeProbes(this.#tracefs, this.name);
    this.#probes = 0;
  }
}
