/** The parts of an import as bytes, and its manifest. */
interface Imported {
  readonly manifest: object;
  readonly submissions: Buffer;
  readonly completions: Buffer;
  readonly refused: Buffer;
  readonly calls: Buffer;
}

export function truthOf(
  abi: object,
  read: (file: string) => Buffer,
  run: object,
): {
  readonly main: number;
  readonly parts: { readonly calls: object[] };
  readonly hidden: object;
};

export function compareWithTruth(
  abi: object,
  log: Imported,
  truth: { readonly main: number; readonly parts: object; readonly hidden: object },
): { equal: number; differences: string[] };
