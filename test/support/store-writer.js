// Changes the store from a process of its own; its folders are those of the environment.
// usage: node store-writer.js <compiled sources> register <path> <setting> <value>
//        node store-writer.js <compiled sources> count <id> <times>
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [sources = '', work = '', subject = '', first = '', second = ''] = process.argv.slice(2);
const load = (file) => import(pathToFileURL(join(sources, 'src', file)).href);

const { locations } = await load('store/locations.js');
const { registerRepo } = await load('store/registry.js');
const { updateState } = await load('store/state.js');
const { parseSchedule } = await load('scheduler/schedule-text.js');

if (work === 'register') {
  const settings = { [first]: second };
  await registerRepo(locations(), { path: subject, vcs: 'git', hooks: true, settings, parseSchedule });
}
for (let time = 0; work === 'count' && time < Number(first); time += 1) {
  await updateState(locations(), { id: subject, change: (state) => ({ ...state, failures: state.failures + 1 }) });
}
