import { Argument, type Command } from 'commander';
import { write } from './output.ts';

/** The shells with a completion script. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** One of them. */
export type Shell = (typeof SHELLS)[number];

const HELP = `
The script completes commands, options and their values, columns and file names.

Examples:
  $ eval "$(aioscope complete bash)"    # in ~/.bashrc
  $ eval "$(aioscope complete zsh)"     # in ~/.zshrc, below compinit
  $ aioscope complete fish > ~/.config/fish/completions/aioscope.fish`;

/** Adds the command `complete`, and `candidates`, which the printed scripts call. */
export function add(aioscope: Command): void {
  aioscope
    .command('complete')
    .description('Print a shell completion script.')
    .addArgument(new Argument('<shell>', 'shell to complete in').choices(SHELLS))
    .addHelpText('after', HELP)
    .action(async (shell: Shell) => write(SCRIPTS[shell]));

  aioscope
    .command('candidates', { hidden: true })
    .description(
      'Print the completions of the last word, one per line: value, tab, description. ' +
        'Nothing is printed for a file name.',
    )
    .argument('[words...]')
    .action(async (words: string[]) => {
      const { candidatesOf } = await import('./candidates.ts');
      await write(
        candidatesOf(aioscope, words).reduce(
          (text, [value, doc]) => `${text}${value}\t${doc}\n`,
          '',
        ),
      );
    });
}

/*
 * Each script passes the words up to the cursor to `aioscope candidates`, never to eval. After an
 * empty answer the shell completes a file name.
 */

/** Bash splits words at `=`, which `candidates` undoes. Uses only builtins of macOS's bash 3.2. */
const BASH = `# bash completion of aioscope
_aioscope() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <(aioscope candidates -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o bashdefault -o default -F _aioscope aioscope
`;

const ZSH = `#compdef aioscope
# zsh completion of aioscope
_aioscope() {
  local line
  local -a candidates
  while IFS= read -r line; do
    line=\${line//:/\\\\:}
    candidates+=("\${line/$'\\t'/:}")
  done < <(aioscope candidates -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)
  if (( $#candidates )); then
    _describe aioscope candidates
  else
    _files
  fi
}
if [[ $funcstack[1] == _aioscope ]]; then
  _aioscope "$@"
else
  compdef _aioscope aioscope
fi
`;

const FISH = `# fish completion of aioscope
function __aioscope_candidates
  set -l words (commandline -opc)
  set -e words[1]
  set -l token (commandline -ct)
  set -l candidates (aioscope candidates -- $words "$token" 2>/dev/null)
  if set -q candidates[1]
    printf '%s\\n' $candidates
  else
    __fish_complete_path "$token"
  end
end
complete -c aioscope -f -a '(__aioscope_candidates)'
`;

/** The completion script of each shell. */
export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
