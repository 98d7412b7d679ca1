// The layers of autosync, as allow-lists: what is not named here is forbidden. A deny-list would be easier to read and
// wrong for the top layer, whose list of forbidden folders is empty, and an empty alternation matches everything.

const ANY_SOURCE = '^(src|bin|test|scripts|bench|dist)/';

/** Matches the whole of some folders in `src`. */
const folders = (...names) => `^src/(${names.join('|')})/`;

const BELOW_STORE = ['system', 'model'];
const BELOW_ADAPTERS = ['store', ...BELOW_STORE];
const ADAPTERS = ['vcs', 'scheduler', 'hooks', 'notify'];
const BELOW_COMMANDS = ['engine', 'mirror', 'webhook', 'report', ...ADAPTERS, ...BELOW_ADAPTERS];

/** One layer's rule: it imports the listed places and itself, and no other file of ours. */
const layer = (name, from, allowed, comment) => ({
  name: `layer-${name}`,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: ANY_SOURCE, pathNot: [from, ...allowed] },
});

/** A package or built-in module that has exactly one door; its types may go anywhere, for a type does nothing. */
const door = (name, module, places, comment) => ({
  name: `door-${name}`,
  comment,
  severity: 'error',
  from: { path: '^(src|bin)/', pathNot: places },
  to: { path: module, dependencyTypesNot: ['type-only'] },
});

const npmPackage = (name) => `(^|/)node_modules/${name}/`;
const builtIn = (name) => `^(node:)?${name}(/|$)`;

const DOORS = [
  door('execa', npmPackage('execa'), '^src/system/exec\\.ts$', 'Hardening of child processes lives in one file.'),
  door(
    'child-process',
    builtIn('child_process'),
    '^src/system/exec(-detached)?\\.ts$',
    'A second way to start programs would have no time limit, no process group and the caller’s environment.',
  ),
  door(
    'node-notifier',
    npmPackage('node-notifier'),
    '^src/notify/desktop-child\\.ts$',
    'It can hang and it can lose a message in silence: only a short-lived child with a time limit may load it.',
  ),
  door(
    'cron-parser',
    npmPackage('cron-parser'),
    '^src/scheduler/due\\.ts$',
    'It is laxer than cron: we validate first.',
  ),
  door(
    'fast-glob',
    npmPackage('fast-glob'),
    '^src/system/list-tree\\.ts$',
    'Some of its options drop a folder in silence: the safe ones are chosen in one place.',
  ),
  door(
    'chokidar',
    npmPackage('chokidar'),
    '^src/system/watch-tree\\.ts$',
    'It watches every single file unless it is told otherwise: how it is told is decided in one place.',
  ),
  door(
    'string-width',
    npmPackage('string-width'),
    '^src/system/text-width\\.ts$',
    'How wide a character is, is asked in one place.',
  ),
  door(
    'diff',
    npmPackage('diff'),
    '^src/report/line-diff\\.ts$',
    'Its work grows with the square of the difference: it is bounded in one place.',
  ),
  door('yargs', npmPackage('yargs'), '^src/(cli\\.ts$|commands/)', 'Below the commands nobody knows a command line.'),
  door('smol-toml', npmPackage('smol-toml'), folders('store'), 'Only the store knows how settings are written down.'),
  door(
    'fs',
    builtIn('fs'),
    folders('system'),
    'Names are bytes and writes are atomic: src/system/files.ts sees to both.',
  ),
];

module.exports = {
  forbidden: [
    layer(
      'bin',
      '^bin/',
      ['^dist/cli\\.js$'],
      'The executable starts the compiled command line and does nothing else.',
    ),
    layer(
      'cli',
      '^src/cli\\.ts$',
      [folders('commands', ...BELOW_COMMANDS)],
      'It names the commands; nothing may need it in turn.',
    ),
    layer(
      'commands',
      folders('commands'),
      [folders(...BELOW_COMMANDS)],
      'A command is thin, and no command line below.',
    ),
    layer(
      'engine',
      folders('engine'),
      [
        folders(...BELOW_ADAPTERS),
        '^src/vcs/((vcs|versions|merge-tool|conflict-copy|metadata-name)\\.ts$|placement/)',
        '^src/notify/notifier\\.ts$',
      ],
      'The pipeline works for a version control system, a scheduler and a notifier that are not written yet.',
    ),
    ...['mirror', 'webhook'].map((name) =>
      layer(name, folders(name), [folders(...ADAPTERS, ...BELOW_ADAPTERS)], 'Each can be taken out without the other.'),
    ),
    layer(
      'report',
      folders('report'),
      [folders(...BELOW_STORE)],
      'A page is made of facts that somebody has gathered: it can be tried with any that there could be.',
    ),
    ...ADAPTERS.map((name) =>
      layer(
        name,
        folders(name),
        [folders(...BELOW_ADAPTERS)],
        'Families of adapters never meet: facts travel between them as values of the model.',
      ),
    ),
    layer(
      'store',
      folders('store'),
      [folders(...BELOW_STORE)],
      'What is remembered knows nothing of who remembers it.',
    ),
    layer('system', folders('system'), [folders('model')], 'The doors to the outside know only the words.'),
    layer('model', folders('model'), [], 'Words and types: a newcomer can read them without reading anything else.'),
    {
      name: 'model-is-pure',
      comment: 'A type that needs a package or a part of Node belongs into the layer that uses it.',
      severity: 'error',
      from: { path: folders('model') },
      to: { pathNot: ANY_SOURCE },
    },
    {
      name: 'vcs-git-hg',
      comment: 'The two systems share an interface, not each other’s peculiarities.',
      severity: 'error',
      from: { path: '^src/vcs/(git|hg)/' },
      to: { path: '^src/vcs/(git|hg)/', pathNot: '^src/vcs/$1/' },
    },
    {
      name: 'known-folders',
      comment: 'A new folder in src needs a layer here first, or no rule would hold it.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/cli\\.ts$', folders('commands', ...BELOW_COMMANDS)] },
      to: {},
    },
    ...DOORS,
    {
      name: 'no-other-package',
      comment: 'Every package that runs on people’s machines is a decision: give it a door above.',
      severity: 'error',
      from: { path: '^(src|bin)/' },
      to: {
        path: '(^|/)node_modules/',
        pathNot: npmPackage(
          '(execa|node-notifier|cron-parser|fast-glob|chokidar|yargs|smol-toml|string-width|diff|@types)',
        ),
      },
    },
    {
      name: 'no-unresolvable',
      comment: 'An import that is not there fails on the person’s machine, not on ours.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-cycle',
      comment: 'Files that need each other are one file that nobody can read alone.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphan',
      comment: 'A file that nothing imports and that is no entry point is dead.',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '^src/(cli|notify/desktop-child)\\.ts$' },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: '(^|/)node_modules/|^dist/' },
    // A type of another layer is knowledge of that layer.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
};
