import type { ExecResult } from '../../system/exec.js';
import { lastWords } from './command.js';

/** Tells whether a hook said no: exit code 40 of `ui.detailed-exit-code`, which not every hg gives for it. */
export const isRefusal = ({ exitCode, stderr }: ExecResult): boolean =>
  exitCode === 40 || (exitCode === 255 && /hook (exited|failed|raised)/.test(stderr));

/** Returns in which words a hook said no: its own come on either stream. */
export const refusalOf = ({ stdout, stderr }: ExecResult): string => lastWords(`${stdout.toString('utf8')}\n${stderr}`);
