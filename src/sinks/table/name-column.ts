import { ERRNO, ERRNO_INTERNAL, MAX_ERRNO } from '../../abi/errno.ts';
import { OPCODES } from '../../abi/opcode.ts';
import { RELEASES } from '../../abi/release.ts';
import { IO_EVENT_RULES, IOCB_RULES, type Rule, ruleNames } from '../../abi/rule.ts';
import type { ColumnSource } from '../../layout/schema.ts';
import type { TableColumn } from '../table.ts';

const opcodeWords = OPCODES.map(({ name }) => name);
const errnoNames: Readonly<Record<number, string>> = { ...ERRNO, ...ERRNO_INTERNAL };
const errnoWords = Object.values(errnoNames);

/** Maps each number from 0 to `max` to the place of its name in a list, or -1. */
function placesOf(max: number, numbers: readonly number[]): Int16Array {
  const places = new Int16Array(max + 1).fill(-1);
  for (const [place, number] of numbers.entries()) places[number] = place;
  return places;
}
const opcodePlaces = placesOf(
  0xffff,
  OPCODES.map(({ value }) => value),
);
const errnoPlaces = placesOf(MAX_ERRNO, Object.keys(errnoNames).map(Number));

/** A column of the names of opcodes. */
const opcodeColumn = (source: ColumnSource): TableColumn => ({
  name: `${source.name}_name`,
  type: 'words',
  words: opcodeWords,
  places(batch) {
    const opcodes = batch.columns[source.name] as Uint16Array;
    const places = new Int16Array(batch.length);
    for (let i = 0; i < places.length; i++) places[i] = opcodePlaces[opcodes[i]];
    return places;
  },
});

/** A column of the names of errnos, for negative results. */
const errnoColumn = (source: ColumnSource): TableColumn => ({
  name: `${source.name}_name`,
  type: 'words',
  words: errnoWords,
  places(batch) {
    const { buffer, byteOffset } = batch.columns[source.name] as BigInt64Array;
    const words = new Int32Array(buffer, byteOffset, 2 * batch.length);
    const places = new Int16Array(batch.length);
    for (let i = 0; i < places.length; i++) {
      const errno = -words[2 * i];
      places[i] =
        words[2 * i + 1] === -1 && errno > 0 && errno <= MAX_ERRNO ? errnoPlaces[errno] : -1;
    }
    return places;
  },
});

/** A column of words numbered from 1; 0 has none. */
const numberedColumn = (source: ColumnSource, words: readonly string[]): TableColumn => ({
  name: `${source.name}_name`,
  type: 'words',
  words,
  places(batch) {
    const numbers = batch.columns[source.name] as Uint8Array;
    const places = new Int16Array(batch.length);
    for (let i = 0; i < places.length; i++)
      places[i] = numbers[i] <= words.length ? numbers[i] - 1 : -1;
    return places;
  },
});

/** A column of the names of the rules in a mask. Few masks occur in most records. */
const rulesColumn = (source: ColumnSource, rules: readonly Rule[]): TableColumn => ({
  name: `${source.name}_name`,
  type: 'text',
  text(batch) {
    const masks = batch.columns[source.name] as Uint32Array;
    const known = new Map<number, string>();
    return (i) => {
      const text = known.get(masks[i]) ?? ruleNames(rules, masks[i]).join('|');
      known.set(masks[i], text);
      return text;
    };
  },
});

const namesOf = (rules: readonly Rule[]): string[] => rules.map(({ name }) => name);

/** Returns the column of names for a column whose values have names. */
export function nameColumn(source: ColumnSource): TableColumn | undefined {
  switch (source.meaning) {
    case 'opcode':
      return opcodeColumn(source);
    case 'result':
      return errnoColumn(source);
    case 'iocbReason':
      return numberedColumn(source, namesOf(IOCB_RULES));
    case 'ioEventReason':
      return numberedColumn(source, namesOf(IO_EVENT_RULES));
    case 'release':
      return numberedColumn(source, RELEASES);
    case 'iocbAnomalies':
      return rulesColumn(source, IOCB_RULES);
    case 'ioEventAnomalies':
      return rulesColumn(source, IO_EVENT_RULES);
    default:
      return undefined;
  }
}
