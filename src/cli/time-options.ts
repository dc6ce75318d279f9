// Options of matching streams whose times or records need mending first.
import type { Command } from 'commander';
import { TS_UNITS } from '../internal.ts';
import type { MatchOptions } from '../node.ts';
import { DescribedOption } from './option.ts';

/** The options of streams in another unit, of two clocks, or with every record twice. */
export type MendingOptions = Pick<MatchOptions, 'clockOffset' | 'tsUnit' | 'dedupe'>;

/** Adds those options to a command. */
export function withMendingOptions(command: Command): Command {
  return command
    .addOption(
      new DescribedOption('--clock-offset <time>', 'what to add to the times of completions', {
        candidates: () => [['auto', '']],
        detail:
          ', where they are of another clock: in ns or with a unit (-1.5s), or auto to estimate it',
      }),
    )
    .addOption(
      new DescribedOption('--ts-unit <unit>', 'unit of the times in the records', {
        values: TS_UNITS,
        detail: ` (default: ${TS_UNITS[0]})`,
      }),
    )
    .option('--dedupe', 'drop records that repeat the one before them at their address');
}

/** Those options as the library takes them. */
export const mendingOf = ({ clockOffset, tsUnit, dedupe }: MendingOptions): MendingOptions => ({
  clockOffset,
  tsUnit,
  dedupe,
});
