import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { git, type Machine, type World } from './world.js';

/** Gives a machine's repository a submodule `lib` with one file, `file`, and commits that. */
export function addSubmodule({ folder }: World<Machine>, machine: Machine, content: string): void {
  const library = join(folder, 'library');
  git(folder, 'init', '-q', '-b', 'main', library);
  writeFileSync(join(library, 'file'), content);
  git(library, 'add', '.');
  git(library, 'commit', '-q', '-m', 'inner');
  machine.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library, 'lib');
  machine.git('commit', '-q', '-m', 'submodule');
}
