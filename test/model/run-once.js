// One run in a process of its own: node run-once.js <engine in one file> <working tree> <settings as JSON> <trigger>
import { pathToFileURL } from 'node:url';

const [file = '', top = '', settings = '{}', trigger = 'manual'] = process.argv.slice(2);
const { runIn } = await import(pathToFileURL(file).href);
process.stdout.write(JSON.stringify(await runIn(top, JSON.parse(settings), trigger)));
