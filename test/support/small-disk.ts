import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needsThat } from './needs.js';

/** A file system of its own that is soon full. */
export type SmallDisk = {
  readonly folder: string;
  /** Takes all room but so many bytes. */
  readonly fill: (leave: number) => void;
  /** Gives the room back. */
  readonly empty: () => void;
  readonly remove: () => void;
};

/** Tells whether a file system may be mounted here: only root may, and not in every container. */
export const canMount = (): boolean =>
  needsThat('mount as root', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mount-'));
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', folder]).status === 0;
    if (mounted) spawnSync('umount', [folder]);
    rmSync(folder, { recursive: true });
    return mounted;
  });

/** Mounts a file system of some bytes. */
export function smallDisk(bytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'none', folder]);
  const ballast = join(folder, 'ballast');
  return {
    folder,
    fill: (leave) => {
      mkdirSync(ballast, { recursive: true });
      const { bavail, bsize } = statfsSync(folder);
      writeFileSync(join(ballast, 'room'), Buffer.alloc(Math.max(0, bavail * bsize - leave)));
    },
    empty: () => rmSync(ballast, { recursive: true, force: true }),
    remove: () => {
      execFileSync('umount', ['--lazy', folder]);
      rmSync(folder, { recursive: true });
    },
  };
}
