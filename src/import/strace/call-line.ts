// A call of native AIO as strace prints it, once its line is whole.
import type { CallName } from '../../abi/call.ts';
import { nsOf } from '../clock.ts';
import { failureOf } from './names.ts';

/** The end of a call: its result and how long it took. */
export interface CallEnd {
  /** The result, or the negated errno; undefined if the call did not return. */
  readonly ret: number | undefined;
  /** In ns; undefined if it is not printed. */
  readonly durationNs: bigint | undefined;
  /** Whether it is an error whose name or description is missing: the line goes on below. */
  readonly isCut: boolean;
}

const CALL =
  /^(io_setup|io_destroy|io_getevents|io_submit|io_cancel|io_pgetevents)(?:_time64|_time32)?\(/;
/** From the parenthesis before the last `=`. */
const END =
  /\)\s+= (?:(-?\d+|0x[\da-f]+)(?:<[^<>]*>)?(?: ([A-Z]\w+))?( \([^()]*\))?|\?(?: \w+(?: \([^()]*\))?)?)(?: \(INJECTED\))?(?: <(\d+)\.(\d+)>)?$/y;

/** The call that a text begins with; undefined if it is another. */
export function callOf(text: string): { call: CallName; end: number } | undefined {
  const found = CALL.exec(text);
  return found === null ? undefined : { call: found[1] as CallName, end: found[0].length };
}

/** The end of the line of a call; undefined if the line is not whole. */
export function endOf(text: string): CallEnd | undefined {
  const equals = text.lastIndexOf(' = ');
  if (equals < 0) return undefined;
  END.lastIndex = Math.max(0, text.lastIndexOf(')', equals));
  const found = END.exec(text);
  if (found === null) return undefined;
  const [, result, errno, description, seconds, digits] = found;
  const durationNs = seconds === undefined ? undefined : nsOf(seconds, digits);
  if (result === undefined) return { ret: undefined, durationNs, isCut: false };
  return {
    ret: result === '-1' && errno !== undefined ? failureOf(errno) : Number(result),
    durationNs,
    isCut: result === '-1' && description === undefined,
  };
}

/** Whether an end is whole in a log that has durations, or has none. */
export const hasAll = ({ ret, durationNs, isCut }: CallEnd, hasDurations: boolean): boolean =>
  !isCut && (ret === undefined || durationNs !== undefined || !hasDurations);
