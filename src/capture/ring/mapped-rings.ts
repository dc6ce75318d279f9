// Which completion rings a process has mapped.

/** A completion ring in the memory of a process. */
export interface MappedRing {
  readonly address: number;
  /** Bytes of the mapping: whole pages. */
  readonly byteLength: number;
  /**
   * Identifies the ring: a ring that is set up later at the same address has another inode, and the
   * mapping that a child process inherits has the same.
   */
  readonly inode: string;
}

const LINE =
  /^([\da-f]+)-([\da-f]+) \S+ [\da-f]+ ([\da-f]+:[\da-f]+ \d+) +\/\[aio\](?: \(deleted\))?$/gm;

/** Finds the rings in the text of /proc/PID/maps. */
export function mappedRings(maps: string): MappedRing[] {
  return [...maps.matchAll(LINE)].map(([, from, to, inode]) => {
    const address = Number.parseInt(from, 16);
    return { address, byteLength: Number.parseInt(to, 16) - address, inode };
  });
}
