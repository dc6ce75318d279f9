import { inputOf } from './case.mjs';
import { tryInput } from './oracle.mjs';

export { inputOf, tryInput };

/** What somebody needs who wants to see an input fail again. */
export function report(lib, seed, index, error) {
  const { bytes, ...how } = inputOf(lib, seed, index);
  return [
    `input ${index} of seed ${seed}: ${error instanceof Error ? error.stack : error}`,
    `how: ${JSON.stringify(how)}`,
    `bytes (${bytes.byteLength}): ${Buffer.from(bytes).toString('hex')}`,
    `again: npm run fuzz -- 1 ${seed} ${index}`,
  ].join('\n');
}

/** Try `count` inputs of a run, from `first` on and every `step`th; gives the first finding as text, or null. */
export async function fuzz(library, { seed, count, first = 0, step = 1, onInput = () => {} }) {
  for (let i = 0; i < count; i++) {
    const index = first + i * step;
    onInput(index);
    try {
      await tryInput(library, inputOf(library.node, seed, index));
    } catch (error) {
      return report(library.node, seed, index, error);
    }
  }
  return null;
}
