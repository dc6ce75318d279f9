/** The parts of an import as bytes, and its manifest. */
interface Imported {
  readonly manifest: object;
  readonly submissions: Buffer;
  readonly completions: Buffer;
  readonly refused: Buffer;
  readonly calls: Buffer;
}

export function truthOf(abi: object, read: (file: string) => Buffer, run: object): object;

export function compareWithTruth(
  abi: object,
  log: Imported,
  truth: object,
): { equal: number; differences: string[] };
