import type { Decoder } from './decoder.ts';
import type { RingImage } from './ring.ts';

/** A source that is being read: `next` fills the decoder's source with whole records. */
export interface Reading {
  readonly decoder: Decoder;
  /** The ring image being read; undefined for other kinds. */
  readonly ring: RingImage | undefined;
  /** Returns the number of whole records now in the decoder's source; 0 at the end. */
  next(): Promise<number>;
  /**
   * Decodes `count` of them from the `begin`th on, at most a batch. Returns the number of rows, as
   * `Decoder.decode` does.
   */
  decode(begin: number, count: number): number;
  /** The bytes of those rows: a view, valid until the next call of either. */
  bytesOf(begin: number, rows: number): Uint8Array;
  /** Releases the source and the arena. */
  close(): Promise<void>;
}
