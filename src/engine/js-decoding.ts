import { iocb, ioEvent } from '../abi/record.ts';
import type { JsKernels } from './js.ts';
import { checkIocb, checkIoEvent } from './js-check.ts';
import { decodeKernel, gatherKernels, swapKernels } from './js-columns.ts';

/** The sets that `decode` needs, which cannot wait for them. */
export const JS_DECODING: Pick<JsKernels, 'decoding' | 'checking'> = {
  decoding(heap) {
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
  checking: (heap) => ({ check_iocb: checkIocb(heap), check_io_event: checkIoEvent(heap) }),
};
