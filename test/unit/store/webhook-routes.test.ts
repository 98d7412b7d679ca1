import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asAbsolute } from '../../../src/model/paths.js';
import { readWebhookRoutes, type WebhookRoute } from '../../../src/store/webhook-routes.js';

/** Reads routes from a configuration that only its owner may read, unless a test says otherwise. */
function read(text: string, mode = 0o600): readonly WebhookRoute[] {
  const file = join(mkdtempSync(join(tmpdir(), 'routes-')), 'config.toml');
  writeFileSync(file, text);
  chmodSync(file, mode);
  return readWebhookRoutes(asAbsolute(file), ['github', 'basic']);
}

const route = (target: string, name = 'notes'): string =>
  `[webhook.${name}]\nprovider = "github"\nsecret = "sixteen letters."\n${target}\n`;

describe('a route', () => {
  it('rings for a repository or a mirror', () => {
    expect(read(`${route('repo = "/home/ann/notes"')}${route('mirror = "project"', '"ann/fizz"')}`)).toEqual([
      {
        name: 'notes',
        provider: 'github',
        secret: 'sixteen letters.',
        target: { kind: 'repo', path: '/home/ann/notes' },
      },
      {
        name: 'ann/fizz',
        provider: 'github',
        secret: 'sixteen letters.',
        target: { kind: 'mirror', name: 'project' },
      },
    ]);
    expect(read('')).toEqual([]);
  });

  it.each([
    ['rings for nothing', route(''), /needs a 'repo' or a 'mirror'/],
    ['rings for two', route('repo = "/x"\nmirror = "x"'), /needs a 'repo' or a 'mirror'/],
    ['rings for what can be no mirror', route('mirror = "../x"'), /'mirror' is not allowed/],
    ['rings for a path that is not absolute', route('repo = "notes"'), /'repo' is not allowed/],
    ['has a name with a shell in it', route('mirror = "x"', '"$(x)"'), /is not allowed/],
    ['has a misspelt key', route('mirrror = "x"'), /unknown key 'mirrror'/],
    ['has an unknown provider', route('mirror = "x"').replace('github', 'nobody'), /unknown provider 'nobody'/],
    ['has a short secret', route('mirror = "x"').replace('sixteen letters.', 'short'), /fewer than 16/],
  ])('that %s is an error which names it', (_what, text, words) => {
    expect(() => read(text)).toThrow(words);
  });

  it.skipIf(process.platform === 'win32')('whose secret others may read is refused', () => {
    expect(() => read(route('mirror = "x"'), 0o640)).toThrow(/others may read/);
  });
});
