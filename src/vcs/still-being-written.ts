import type { Quarantined } from '../model/change.js';

/** Says why files cannot come in yet: one of them is still being written here; undefined when none is. */
export function stillBeingWritten(
  quarantined: readonly Quarantined[],
  files: readonly { readonly path: string }[],
): string | undefined {
  const arriving = new Set(files.map(({ path }) => path));
  const found = quarantined.find(({ path, reason }) => reason === 'still-changing' && arriving.has(path));
  return found && `'${found.path}' is still being written`;
}
