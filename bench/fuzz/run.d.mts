/** The library, and what makes it read sources as Node does or as every runtime can. */
export interface Library {
  readonly node: typeof import('../../src/node.ts');
  readonly setHost: (host: 'node' | 'web') => void;
}

export interface FuzzOptions {
  readonly seed: number;
  readonly count: number;
  readonly first?: number;
  readonly step?: number;
  readonly onInput?: (index: number) => void;
}

export function fuzz(library: Library, options: FuzzOptions): Promise<string | null>;
