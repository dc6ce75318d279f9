import { AioscopeError } from '../node.ts';
import { reasonOf } from '../words/reason.ts';

/** Exit code: success. */
export const DONE = 0;
/** Exit code: a file cannot be read or written, or its data is bad. */
export const BAD_DATA = 1;
/** Exit code: the command line is wrong. */
export const BAD_USAGE = 2;
/** Exit code of `check`: it found refusals, or completions or rings that cannot be genuine. */
export const FOUND = 3;

/** Options that the command line calls otherwise than the library. */
const FLAGS: Readonly<Record<string, string>> = {
  caCertificate: '--ca-cert',
  timeoutMs: '--timeout',
};

/** The name of an option of the library as the command line spells it. */
const flagOf = (name: string): string =>
  FLAGS[name] ?? `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** The message of anything thrown, with the options that the command has spelled with dashes. */
export function errorText(thrown: unknown, has: (flag: string) => boolean): string {
  const spelled = (name: string) => (has(flagOf(name)) ? flagOf(name) : name);
  if (thrown instanceof AioscopeError) return thrown.messageWith(spelled);
  // Loading one of our own modules can fail so; its path would not help.
  const { code } = Object(thrown) as { readonly code?: string };
  if (code === 'EMFILE' || code === 'ENFILE') return reasonOf(thrown);
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Throws the error of a command line that makes no sense: exit code 2. */
export function usageError(message: string): never {
  throw new AioscopeError('AIOSCOPE_OPTION', message);
}
