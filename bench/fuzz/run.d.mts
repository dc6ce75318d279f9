/** The library, and what makes it read sources as Node does or as every runtime can. */
export interface Library {
  readonly node: typeof import('../../src/node.ts') &
    typeof import('../../src/generate/index.ts') &
    typeof import('../../src/internal.ts') &
    typeof import('../../src/text.ts');
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

/** How much an input may take: processor time (µs) and turns of the event loop. */
export interface Limits {
  readonly work: number;
  readonly turns: number;
}

/** Makes an input of a run. */
export function inputOf(lib: Library['node'], seed: number, index: number): object;

/** Tries one input; throws where something is wrong, a hang included. */
export function tryInput(library: Library, input: object, limits?: Limits): Promise<void>;
