import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { settingsPage } from '../../../src/commands/settings-page.js';

it('docs/settings.md is what the settings say (npm run docs)', () => {
  const page = fileURLToPath(new URL('../../../docs/settings.md', import.meta.url));
  expect(readFileSync(page, 'utf8')).toBe(settingsPage());
});
