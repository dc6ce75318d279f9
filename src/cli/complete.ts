import { Argument, type Command } from 'commander';
import { write } from './output.ts';

/** The shells that can be taught to complete. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** One of them. */
export type Shell = (typeof SHELLS)[number];

const HELP = `
Commands, options and their values complete, and file names where a file belongs.

Examples:
  $ eval "$(aioscope complete bash)"    # in ~/.bashrc
  $ eval "$(aioscope complete zsh)"     # in ~/.zshrc, below compinit
  $ aioscope complete fish > ~/.config/fish/completions/aioscope.fish`;

/** Give the program its command `complete`, and `candidates`, which the printed scripts ask. Both are loaded when they are called. */
export function add(aioscope: Command): void {
  aioscope
    .command('complete')
    .description('Print the script that lets a shell complete aioscope.')
    .addArgument(new Argument('<shell>', 'the shell to print it for').choices(SHELLS))
    .addHelpText('after', HELP)
    .action(async (shell: Shell) => write((await import('./complete-script.ts')).SCRIPTS[shell]));

  aioscope
    .command('candidates', { hidden: true })
    .description('What can stand in place of the last of these words: value, tab, description; nothing where it is a file.')
    .argument('[words...]')
    .action(async (words: string[]) => {
      const { candidatesOf } = await import('./candidates.ts');
      await write(candidatesOf(aioscope, words).reduce((text, [value, doc]) => `${text}${value}\t${doc}\n`, ''));
    });
}
