import type { AbsolutePath } from '../model/paths.js';
import { exists, joinPath } from '../system/files.js';
import type { Locations } from './locations.js';
import { removeOwnFile, writeOwnFile } from './own-file.js';

type Places = Pick<Locations, 'state'>;

const markFile = ({ state }: Places): AbsolutePath => joinPath(state, 'no-scheduler');

/** Tells whether the person has said that no scheduler is to call autosync here. */
export const wantsNoScheduler = (places: Places): boolean => exists(markFile(places));

/** Remembers that the person wants no scheduler, until he wants one or nothing is installed any more. */
export const rememberNoScheduler = (places: Places): void => writeOwnFile(markFile(places), '');

/** Forgets that no scheduler was wanted. */
export const forgetNoScheduler = (places: Places): void => removeOwnFile(markFile(places));
