import { iocb, ioEvent } from '../abi/record.ts';
import { checkIocb, checkIoEvent } from './js-check.ts';
import { decodeKernel, gatherKernels, swapKernels } from './js-columns.ts';
import {
  countCompletions,
  countSubmissions,
  countValues,
  tallyLongs,
  tallyNumbers,
} from './js-statistics.ts';
import { CHECKING_HEX, COUNTING_HEX, DECODING_HEX, MATCHING_HEX } from './kernel.hex.ts';
import type {
  CheckingKernels,
  CountingKernels,
  DecodingKernels,
  KernelSet,
  MatchingKernels,
} from './kernel.ts';

/** What every reader needs. */
export const DECODING: KernelSet<DecodingKernels> = {
  wasm: DECODING_HEX,
  js(heap) {
    const gathers = gatherKernels(heap);
    const byWidth = {
      1: gathers.gather_8,
      2: gathers.gather_16,
      4: gathers.gather_32,
      8: gathers.gather_64,
    };
    return {
      ...gathers,
      ...swapKernels(heap),
      decode_io_event: decodeKernel(ioEvent, byWidth),
      decode_iocb: decodeKernel(iocb, byWidth),
    };
  },
};

/** What readers with the option `check` need too. */
export const CHECKING: KernelSet<CheckingKernels> = {
  wasm: CHECKING_HEX,
  js: (heap) => ({ check_iocb: checkIocb(heap), check_io_event: checkIoEvent(heap) }),
};

/** What a summary needs too. */
export const COUNTING: KernelSet<CountingKernels> = {
  wasm: COUNTING_HEX,
  js: (heap) => ({
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
  }),
};

/** What a match needs too. */
export const MATCHING: KernelSet<MatchingKernels> = { wasm: MATCHING_HEX, js: () => ({}) };
