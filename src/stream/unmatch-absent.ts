import { classBits, IO_EVENT_RULES, IOCB_RULES, type Rule } from '../abi/rule.ts';
import type { Schema } from '../layout/schema.ts';
import type { Mend } from './decoder.ts';
import { absenceOf, placeOf } from './named.ts';

/**
 * What removes from the columns of a check the rules that records match only because a field is 0
 * that their source does not show; undefined if there is nothing to remove.
 */
export function unmatchAbsent({ check, record, columns }: Schema): Mend | undefined {
  if (check === undefined) return undefined;
  const rules: readonly Rule[] = record.name === 'iocb' ? IOCB_RULES : IO_EVENT_RULES;
  const doubtful = rules.flatMap(({ field }, rule) => {
    const absent = columns.find(({ name }) => name === field)?.absent;
    return absent === undefined ? [] : [{ bit: 1 << rule, absent }];
  });
  if (doubtful.length === 0) return undefined;
  const refusing = classBits(rules, check, 'refused') | classBits(rules, check, 'impossible');
  const [mask, refusal] = ['anomalies', 'firstRefusal'].map((name) => placeOf(columns, name));
  return (arrays, count) => {
    const [anomalies, refusals] = [arrays[mask], arrays[refusal]];
    for (const { bit, absent } of doubtful) {
      const isAbsent = absenceOf(absent, columns, arrays);
      for (let i = 0; i < count; i++) {
        if ((Number(anomalies[i]) & bit) === 0 || !isAbsent(i)) continue;
        const left = Number(anomalies[i]) & ~bit;
        const first = left & refusing;
        anomalies[i] = left;
        refusals[i] = first === 0 ? 0 : 32 - Math.clz32(first & -first);
      }
    }
  };
}
