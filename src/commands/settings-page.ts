import { SETTINGS } from '../store/settings.js';

/** Renders the page of all settings (docs/settings.md) from their definitions. */
export function settingsPage(): string {
  const rows = SETTINGS.map(({ name, expects, help, ...setting }) => {
    const scope = setting.scope === 'global' ? 'all repositories' : 'all, or one';
    return `| \`${name}\` | ${setting.default === '' ? '' : `\`${setting.default}\``} | ${scope} | ${cell(help)} | ${cell(expects)} |`;
  });
  return [
    '# Settings',
    '',
    'Made by `npm run docs` from the settings themselves. For all repositories: `~/.config/autosync/config.toml`, which',
    'autosync only reads. For one: `autosync config <repo> <key> <value>`, and `--unset` to go back.',
    '',
    '| key | default | for | what it does | takes |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
