/** A snapshot, as far as it matters when it was made. */
type Timed = {
  /** Seconds since 1970. */
  readonly at: number;
};

/** How snapshots are parted: what lies so many seconds apart was not made at one sitting. */
export type Quiet = {
  readonly seconds: number;
  /** Seconds since 1970: what is quiet since then has ended. Undefined: the last sitting counts although it may go on. */
  readonly now: number | undefined;
};

/** Parts snapshots, oldest first, into sittings; one that has not ended is left out. */
export function sittingsOf<S extends Timed>(snapshots: readonly S[], quiet: Quiet): readonly (readonly S[])[] {
  const sittings: S[][] = [];
  let last: number | undefined;
  for (const snapshot of snapshots) {
    const current = sittings.at(-1);
    // After the clock was set back nobody knows how long it was quiet.
    if (current === undefined || last === undefined || snapshot.at - last >= quiet.seconds) sittings.push([snapshot]);
    else current.push(snapshot);
    last = snapshot.at;
  }
  const goesOn = quiet.now !== undefined && last !== undefined && quiet.now - last < quiet.seconds;
  return goesOn ? sittings.slice(0, -1) : sittings;
}
