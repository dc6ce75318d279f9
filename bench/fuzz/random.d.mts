/** Reproducible choices: the same seed gives the same run everywhere. */
export interface Random {
  word(): number;
  below(limit: number): number;
  pick<T>(choices: readonly T[]): T;
  bytes(length: number): Uint8Array;
}

export function random(seed: number): Random;
