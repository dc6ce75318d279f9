/** The library by its two doors: that of Node, and that of every runtime. */
export interface Doors {
  readonly node: typeof import('../../src/node.ts');
  readonly web: typeof import('../../src/index.ts');
}

export interface FuzzOptions {
  readonly seed: number;
  readonly count: number;
  readonly first?: number;
  readonly step?: number;
  readonly onInput?: (index: number) => void;
}

export function fuzz(doors: Doors, options: FuzzOptions): Promise<string | null>;
