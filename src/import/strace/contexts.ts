import type { CallName } from '../../abi/call.ts';
import { EINVAL } from '../../abi/errno.ts';
import type { Int } from '../../trace/put-record.ts';

/** Processes, and contexts of each, that are remembered; of more, the first are forgotten. */
const PROCESSES_MAX = 1024;
const CONTEXTS_MAX = 256;

/** The contexts of a process. */
interface Known {
  /** Whether it had no contexts before those that were seen. */
  isWhole: boolean;
  /** Whether each exists. */
  readonly exists: Map<Int, boolean>;
}

/** Puts a value into a map that keeps `most`. Returns whether another was forgotten. */
function keep<K, V>(map: Map<K, V>, key: K, value: V, most: number): boolean {
  map.delete(key);
  const isFull = map.size === most;
  for (const first of isFull ? map.keys() : []) {
    map.delete(first);
    break;
  }
  map.set(key, value);
  return isFull;
}

/** Which contexts of native AIO exist, as far as calls show it. */
export class Contexts {
  readonly #processes = new Map<number, Known>();
  /** Whether the log has calls of io_setup. */
  #hasSetups = false;

  /** A process begins, or a program in it: it has no contexts. */
  begin(pid: number): void {
    keep(this.#processes, pid, { isWhole: true, exists: new Map() }, PROCESSES_MAX);
  }

  /** Learns what the result of a call says of its context. */
  learn(call: CallName, pid: number, ctx: Int, ret: number | undefined): void {
    if (call === 'io_setup') this.#hasSetups = true;
    const exists = afterCall(call, ret);
    if (exists === undefined) return;
    let known = this.#processes.get(pid);
    if (known?.exists.get(ctx) === exists) return;
    known ??= { isWhole: false, exists: new Map() };
    keep(this.#processes, pid, known, PROCESSES_MAX);
    if (keep(known.exists, ctx, exists, CONTEXTS_MAX)) known.isWhole = false;
  }

  /** Whether a context exists; undefined if the log does not show it. */
  has(pid: number, ctx: Int): boolean | undefined {
    const known = this.#processes.get(pid);
    const seen = known?.exists.get(ctx);
    if (seen !== undefined) return seen;
    return known?.isWhole && this.#hasSetups ? false : undefined;
  }
}

/** Whether the context of a call exists after it; undefined if the result does not say it. */
function afterCall(call: CallName, ret: number | undefined): boolean | undefined {
  if (ret === undefined) return undefined;
  // It looks for the context, and at nothing else.
  if (call === 'io_destroy') return ret === 0 || ret === -EINVAL ? false : undefined;
  // Other calls look at some of their arguments first.
  const isFound = ret >= 0 || (call === 'io_submit' && ret !== -EINVAL);
  return isFound ? true : undefined;
}
