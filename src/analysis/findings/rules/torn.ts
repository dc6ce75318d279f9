import type { Facts } from '../facts.ts';
import type { FindingOf } from '../finding.ts';

/** Bytes at the end of a file that are not a whole record: it was cut, or its layout is another. */
export function torn({ inputs }: Facts): FindingOf<'torn'>[] {
  const files = inputs
    .filter(({ tornBytes }) => tornBytes > 0)
    .map(({ file, bytes, tornBytes }) => ({ file, bytes: tornBytes, offset: bytes - tornBytes }));
  if (files.length === 0) return [];
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const evidence = { bytes, files };
  return [
    {
      ...{ id: 'torn', severity: 'note', count: files.length, of: inputs.length },
      ...{ where: {}, first: null, evidence },
    },
  ];
}
