import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import type { Desk } from './desk.js';

/** Something a person does at any machine, whatever version control system it uses. */
export type Deed = (desk: Desk) => void;

/** Saves a file. */
export const write =
  (path: string, content: string): Deed =>
  (desk) =>
    desk.write(path, content);
/** Removes a file or folder. */
export const remove =
  (path: string): Deed =>
  (desk) =>
    desk.remove(path);
/** Does one thing after another. */
export const all =
  (...actions: readonly Deed[]): Deed =>
  (desk) => {
    for (const action of actions) action(desk);
  };
/** Gives a file or folder another name. */
export const rename =
  (from: string, to: string): Deed =>
  (desk) =>
    desk.rename(from, to);
/** Sets a file's permissions. */
export const mode =
  (path: string, bits: number): Deed =>
  (desk) =>
    chmodSync(join(desk.top, path), bits);
/** Makes a symbolic link. */
export const link =
  (target: string, path: string): Deed =>
  (desk) =>
    desk.link(target, path);
