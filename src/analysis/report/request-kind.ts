// What kind of request a submission is: whether and where it moves data.
import { RWF_APPEND } from '../../abi/flag.ts';
import {
  KIND_OF_OPCODE,
  OTHER,
  STRAY,
  WITHOUT_LENGTH,
  WRITE,
  WRITEV,
} from '../../engine/request-tables.ts';

export { FLUSH, OTHER, READ, READV, WRITE, WRITEV } from '../../engine/request-tables.ts';

/** The kind of a vectored request whose length its completion does not give. */
export const withoutLength = (kind: number): number => kind + WITHOUT_LENGTH;
/** The kind of such a request again; undefined of others. */
export const vectoredKind = (kind: number): number | undefined =>
  kind > OTHER && kind < STRAY ? kind - WITHOUT_LENGTH : undefined;
/** Whether a request moves data at no known place. */
export const isStray = (kind: number): boolean => kind >= STRAY;
/** `READ` … `OTHER` of a request, wherever it moves data. */
export const plainKind = (kind: number): number => kind & (STRAY - 1);

/**
 * Whether a submission of a kind that moves data writes at the end of the file, whatever its
 * offset: RWF_APPEND means nothing to a read.
 */
export const appends = (kind: number, rwFlags: number): boolean =>
  (kind === WRITE || kind === WRITEV) && (rwFlags & RWF_APPEND) !== 0;

/** The kind of each opcode. */
export const kindOf: Uint8Array = new Uint8Array(65536).fill(OTHER);
kindOf.set(KIND_OF_OPCODE);
