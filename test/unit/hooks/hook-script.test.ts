import { describe, expect, it } from 'vitest';
import { hasForeignLineEnd, isOfGitLfs, takesShellLines } from '../../../src/hooks/hook-script.js';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('a hook', () => {
  it.each([
    '',
    'echo\n',
    '#!/bin/sh\n',
    '#!/bin/sh',
    '#!  /bin/sh  -e \n',
    '#!/usr/bin/bash\n',
    '#!/usr/bin/env bash\n',
    '#!/usr/bin/env -S bash -e\n',
    '#!/usr/bin/env A=b dash\n',
    '#!/bin/busybox ash\n',
    '#!/opt/homebrew/bin/zsh\n',
    '# no #! line\n',
    '#!/bin/sh\necho "$0"\n. "$(dirname "$0")/lib.sh"\nexec git lfs post-commit "$@"\n',
    `#!/bin/sh\nexec "\${0%/*}/other" "$@"\n`,
    '#!/bin/sh\n# caf\xe9\n',
  ])('takes lines of shell: %j', (text) => {
    expect(takesShellLines(bytes(text))).toBe(true);
  });

  it.each([
    '#!/usr/bin/env python3\n',
    '#!/usr/bin/perl -w\n',
    '#!/usr/bin/env node',
    '#!/usr/bin/env\n',
    '#!\n',
    '#!/usr/bin/fish\n',
    '#!/bin/csh\n',
    '#!/usr/bin/pwsh\n',
    '#!/bin/shx\n',
    '\x7fELF\x02\x01\x01\0\0',
    'text\0text',
    '#!/bin/sh\nexec tclsh "$0" "$@"\n',
    "#!/bin/sh\n'''exec' python \"$0\" \"$@\"\n'''\n",
    `#!/bin/bash\ntail -n +5 "\${BASH_SOURCE[0]}"\n`,
    `#!/bin/sh\nsed 1,3d "\${0}" | sh\n`,
  ])('takes no lines of shell: %j', (text) => {
    expect(takesShellLines(bytes(text))).toBe(false);
  });

  it.each([
    ['#!/bin/sh\r\necho\r\n', true],
    ['#!/bin/sh -e\r', true],
    ['#!/bin/sh\necho\r\n', false],
    ['echo\r\n', false],
    ['', false],
  ])('does not start where its first line ends in CR: %j, %s', (text, expected) => {
    expect(hasForeignLineEnd(bytes(text))).toBe(expected);
  });
});

describe('a hook of git-lfs', () => {
  const LFS = '#!/bin/sh\ncommand -v git-lfs >/dev/null 2>&1 || { echo >&2 "no"; exit 2; }\ngit lfs post-merge "$@"\n';

  it.each([
    [LFS, true],
    [LFS.trimEnd(), false],
    [`${LFS}echo mine\n`, false],
    [LFS.replace('\n', '\necho mine\n'), false],
    ['#!/bin/sh\ngit lfs post-merge "$@"\n', false],
    ['', false],
  ])('is known when all of it is: %j', (text, expected) => {
    expect(isOfGitLfs(bytes(text))).toBe(expected);
  });
});
