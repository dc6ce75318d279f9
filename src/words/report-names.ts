// Who submitted, and how far offsets reach, in words.
import type { StreamJson } from '../analysis/report/stream-json.ts';

/** The largest offset that a pattern takes. */
export const OFFSET_MAX_TEXT = '8 PiB − 4 GiB';

type Who = Pick<StreamJson, 'program' | 'pid'>;

/**
 * Names who submitted: the program where its name is known, with the process if several of them run
 * it, else the process.
 */
export function namesOf(all: readonly Who[]): (who: Who) => string {
  const pids = new Map<string | null, Set<number | null>>();
  for (const { program, pid } of all) pids.set(program, (pids.get(program) ?? new Set()).add(pid));
  return ({ program, pid }) => {
    const process = pid === null ? '–' : `pid ${pid}`;
    if (program === null) return process;
    return (pids.get(program)?.size ?? 0) > 1 ? `${program} (${process})` : program;
  };
}
