import { basename } from 'node:path';
import type { Argv } from 'yargs';
import { AutosyncError } from '../model/errors.js';
import { EXIT, type ExitCode } from '../model/exit-codes.js';
import { variable } from '../system/environment.js';
import { readTemplate } from '../system/package.js';
import { sayRaw } from '../system/terminal.js';
import { type Arguments, type Command, textOf } from './command.js';

const SCRIPTS: Readonly<Record<string, string>> = {
  bash: 'completion/bash.sh',
  zsh: 'completion/zsh.sh',
  fish: 'completion/fish.fish',
};

/** `autosync completion [shell]`: prints a script that asks autosync itself what may stand where. */
export const command: Command = {
  options: (yargs: Argv) =>
    yargs
      .positional('shell', {
        type: 'string',
        choices: Object.keys(SCRIPTS),
        describe: 'The shell (default: that of $SHELL)',
      })
      .example('$0 completion fish >~/.config/fish/completions/autosync.fish', 'once, for fish')
      .example('eval "$($0 completion bash)"', 'in ~/.bashrc; the same with zsh in ~/.zshrc, after compinit'),
  run: async (args: Arguments): Promise<ExitCode> => {
    const shell = textOf(args, 'shell') ?? basename(variable('SHELL') ?? '');
    const script = SCRIPTS[shell];
    if (script === undefined) {
      throw new AutosyncError('usage', `there is no completion for the shell '${shell}'`, ['autosync completion bash']);
    }
    sayRaw(readTemplate(script));
    return EXIT.done;
  },
};
