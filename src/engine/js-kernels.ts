import { type JsKernels, jsEngineOf, type MakeEngine } from './js.ts';
import { JS_DECODING } from './js-decoding.ts';
import { packedKernels } from './js-packed.ts';
import {
  countCompletions,
  countSubmissions,
  countValues,
  tallyLongs,
  tallyNumbers,
} from './js-statistics.ts';

/** Every set. */
export const JS_KERNELS: JsKernels = {
  ...JS_DECODING,
  counting: (heap) => ({
    tally_u8: tallyNumbers(heap, 'u8'),
    tally_i8: tallyNumbers(heap, 'i8'),
    tally_u16: tallyNumbers(heap, 'u16'),
    tally_i16: tallyNumbers(heap, 'i16'),
    tally_u32: tallyNumbers(heap, 'u32'),
    tally_i32: tallyNumbers(heap, 'i32'),
    tally_u64: tallyLongs(heap, false),
    tally_i64: tallyLongs(heap, true),
    count_completions: countCompletions(heap),
    count_submissions: countSubmissions(heap),
    ...countValues(heap),
    ...packedKernels(heap),
  }),
  matching: () => ({}),
};

/** The engine with all of them at once. */
export const jsEngine: MakeEngine = jsEngineOf(() => JS_KERNELS);
