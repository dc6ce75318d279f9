import { stat } from 'node:fs/promises';
import { AioscopeError, open, recognise } from '../node.ts';
import type { Input } from './input.ts';

interface TimeOptions {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** The `ts` of the first record of a file; undefined where there is none. */
async function firstTime({ file, ...given }: Input): Promise<bigint | undefined> {
  const { source, format } = await recognise(file, given);
  for await (const { schema, columns } of open(source, { ...format, compression: 'none', batchSize: 1 })) {
    const hasTime = schema.columns.some(({ name, type, inRecord }) => name === 'ts' && type !== 'char' && !inRecord);
    return hasTime ? BigInt(columns['ts'][0]) : undefined;
  }
  return undefined;
}

/**
 * What `--from +1s` and `--to +2s` are counted from where there are several files: the earliest first record of all. Undefined where
 * there is no such time, or one file.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` for a file that cannot be read twice
 */
export async function sinceOf(inputs: readonly Input[], { from, to }: TimeOptions): Promise<bigint | undefined> {
  if (inputs.length < 2 || ![from, to].some((time) => time?.trim().startsWith('+'))) return undefined;
  let earliest: bigint | undefined;
  for (const input of inputs) {
    const isPipe =
      input.file === '-' ||
      (await stat(input.file).then(
        (found) => !found.isFile(),
        () => false,
      ));
    if (isPipe)
      throw new AioscopeError(
        'AIOSCOPE_OPTION',
        `times with + count from the earliest first record of all files, and ${input.file} cannot be read twice to find that; give times as ts has them`,
      );
    const first = await firstTime(input);
    if (first !== undefined && (earliest === undefined || first < earliest)) earliest = first;
  }
  return earliest;
}
