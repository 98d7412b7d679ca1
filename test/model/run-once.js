// One run in a process of its own: node run-once.js <compiled engine> <working tree> <settings as JSON> <trigger>
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder = '', top = '', settings = '{}', trigger = 'manual'] = process.argv.slice(2);
const { runIn } = await import(pathToFileURL(join(folder, 'run-in.js')).href);
process.stdout.write(JSON.stringify(await runIn(top, JSON.parse(settings), trigger)));
