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

/** What each finding rests on, by its id. */
export interface FindingEvidence {
  torn: { bytes: number; files: { file: string; bytes: number }[] };
}
