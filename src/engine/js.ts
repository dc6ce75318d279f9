import { iocb, ioEvent } from '../abi/record.ts';
import { checkIocb, checkIoEvent } from './js-check.ts';
import { decodeKernel, gatherKernels, swapKernels } from './js-columns.ts';
import { Heap } from './js-heap.ts';
import {
  countCompletions,
  countSubmissions,
  countValues,
  tallyLongs,
  tallyNumbers,
} from './js-statistics.ts';
import type { Engine, Kernels } from './kernel.ts';

/**
 * The kernels in plain JavaScript over `buffer`. They are the reference: every other engine must
 * produce the same bytes.
 */
function jsKernels(buffer: ArrayBuffer): Kernels {
  const heap = new Heap(buffer);
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
    check_iocb: checkIocb(heap),
    check_io_event: checkIoEvent(heap),
  };
}

/** The reference engine, which runs everywhere. */
export const jsEngine = (reason: string | null): Engine => ({
  name: 'js',
  reason,
  allocate(byteLength) {
    const buffer = new ArrayBuffer(byteLength);
    return { buffer, kernels: jsKernels(buffer) };
  },
});
