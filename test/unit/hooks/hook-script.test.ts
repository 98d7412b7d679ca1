import { describe, expect, it } from 'vitest';
import { hasForeignLineEnd, takesShellLines } from '../../../src/hooks/hook-script.js';

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
