// The evidence of each finding, as plain data. Bytes and times (ns) are decimal strings.

/** A finding's records of one opcode, process and descriptor. */
export interface FindingGroup {
  /** null if the envelope has none. */
  pid: number | null;
  fd: number;
  path?: string;
  opcode: number;
  count: number;
  /** Requests of this opcode on this descriptor that could be. */
  of: number;
}

/** Requests of one descriptor or process, and the ranges that hold them. */
export interface PlacedGroup {
  /** null if the envelope has none. */
  pid: number | null;
  fd?: number;
  path?: string;
  count: number;
  /** The first byte on the file and the one after the last; absent if they have no offset. */
  offsetFrom?: string;
  offsetTo?: string;
  /** When the first and the last were submitted. */
  from: string;
  to: string;
}

/** Requests of a process whose buffers overlap, and the addresses that hold what they share. */
interface BufferGroup extends Omit<PlacedGroup, 'fd' | 'path' | 'offsetFrom' | 'offsetTo'> {
  bufferFrom?: string;
  bufferTo?: string;
}

/** Flushes of one descriptor that were submitted while writes to it were in flight. */
export interface FlushGroup {
  pid: number;
  fd: number;
  path?: string;
  count: number;
  /** All flushes of the descriptor. */
  of: number;
  /** These writes, summed over the flushes. */
  writesInFlight: number;
}

/** What each finding rests on, by its id. */
export interface FindingEvidence {
  torn: { bytes: number; files: { file: string; bytes: number }[] };
  /** The busiest of so many descriptors; the ranges are those of the bytes written twice. */
  'overlapping-writes': { descriptors: number; groups: PlacedGroup[] };
  /** The busiest of so many processes. */
  'shared-buffer': { processes: number; groups: BufferGroup[] };
  /** `endBefore`: the highest end of bytes that had been moved before one of these reads. */
  'empty-inside': { endBefore: string; descriptors: number; groups: PlacedGroup[] };
  /** `bytesNotMoved`: without those of the vectored requests, which do not say what they ask. */
  clamped: { bytesNotMoved: string; vectored: number; groups: PlacedGroup[] };
  'flush-overtaking': { writesInFlight: number; descriptors: number; groups: FlushGroup[] };
}
