import { beginning, compressed, mutated } from './bytes.mjs';
import { randomLayout } from './layouts.mjs';
import { random } from './random.mjs';

/** So many inputs one after the other have one format: an arena for each would be most of the work. */
const INPUTS_A_FORMAT = 50;

const mostly = (r, choices, others) => (r.below(60) === 0 ? r.pick(others) : r.pick(choices));

/** How the records of an input are to be read; rarely an option is none. */
function randomFormat(r, lib) {
  return {
    kind: mostly(r, ['io_event', 'io_event', 'iocb', 'iocb', 'aio_ring'], ['IOCB', '', 7]),
    layout: r.below(2) === 0 ? undefined : randomLayout(r, Object.keys(lib.PRESETS)),
    endian: mostly(r, [undefined, 'little', 'big'], ['middle', null]),
    batchSize: mostly(
      r,
      [undefined, 1, 2, 3, 7, 64, 100, 513],
      [0, -1, 1.5, Number.NaN, 2 ** 20, 2 ** 21],
    ),
    face: r.pick(['open', 'open', 'open', 'open', 'summarize', 'summarize', 'recognize']),
  };
}

/** Sizes of the chunks in which the bytes come; none of 0 alone, which would be no cutting. */
const randomCuts = (r) =>
  Array.from({ length: 1 + r.below(4) }, () =>
    r.pick([0, 1, 3, 31, 32, 63, 64, 100, 1000, 5000]),
  ).concat(1 + r.below(2000));

/** What is left to be recognized. */
const withoutSome = (r, format) =>
  Object.fromEntries(
    Object.entries(format).filter(([name]) => r.below(name === 'kind' ? 3 : 2) > 0),
  );

/**
 * Input `index` of the run `seed`: the bytes, how they are to be read, and how they come. Nothing else goes into it, so a
 * finding is told by two numbers.
 */
export function inputOf(lib, seed, index) {
  const shared = random(Math.imul(seed, 0x9e3779b1) ^ Math.floor(index / INPUTS_A_FORMAT));
  const { batchSize, face, ...format } = randomFormat(shared, lib);
  const r = random(Math.imul(seed ^ 0x5bd1e995, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35));
  const plain = mutated(
    r,
    beginning(r, lib, format),
    r.pick([0, 1, 1, 2, 3]),
    beginning(r, lib, format),
  );
  const isCompressed = r.below(10) === 0;
  const packed = isCompressed ? compressed(r, plain) : plain;
  const bytes = isCompressed ? mutated(r, packed, r.pick([0, 0, 1, 1, 2]), plain) : packed;
  return {
    bytes,
    format,
    batchSize,
    face,
    given: withoutSome(r, format),
    compression: mostly(r, isCompressed ? ['auto', 'auto', undefined, 'none'] : ['auto', 'none'], [
      'lz4',
      null,
    ]),
    cuts: randomCuts(r),
    form: r.pick([
      'bytes',
      'bytes',
      'buffer',
      'chunks',
      'chunks',
      'async',
      'async',
      'stream',
      'blob',
    ]),
    owned: r.below(2) === 0,
    host: isCompressed && r.below(4) === 0 ? 'web' : 'node',
  };
}

/** The input as what a program would give. */
export function sourceOf({ bytes, cuts, form }) {
  const chunks = [];
  for (let at = 0, turn = 0; at < bytes.byteLength; turn++) {
    const size = cuts[turn % cuts.length];
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  if (form === 'bytes') return bytes;
  if (form === 'buffer') return bytes.slice().buffer;
  if (form === 'chunks') return chunks;
  if (form === 'blob') return new Blob(chunks);
  if (form === 'stream') return new Blob(chunks).stream();
  return (async function* () {
    yield* chunks;
  })();
}
