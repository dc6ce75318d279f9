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
    .action(async (shell: Shell) => write(SCRIPTS[shell]));

  aioscope
    .command('candidates', { hidden: true })
    .description(
      'What can stand in place of the last of these words: value, tab, description; nothing where it is a file.',
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
 * Each script hands the words up to the cursor to `aioscope candidates`, never to eval. An empty answer means that the
 * shell is to complete a file name.
 */

/** In bash `=` parts words; `candidates` knows. No builtin that macOS's bash 3.2 lacks. */
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

/** What each shell reads to complete aioscope. */
export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
