import type { RecordLayout } from '../abi/record.ts';
import { SCALARS } from '../abi/scalar.ts';
import type { Heap } from './js-heap.ts';
import type { DecodeKernel, DecodingKernels, GatherKernel } from './kernel.ts';

/** Typed arrays need aligned addresses; fields of unaligned layouts go through a DataView. */
export function gatherKernels(
  heap: Heap,
): Pick<DecodingKernels, 'gather_8' | 'gather_16' | 'gather_32' | 'gather_64' | 'gather_bytes'> {
  const { u8, u16, u32, i64, view } = heap;
  return {
    gather_8(source, stride, count, target) {
      for (let i = 0; i < count; i++) u8[target + i] = u8[source + i * stride];
    },
    gather_16(source, stride, count, target) {
      let to = target >>> 1;
      const end = to + count;
      if (((source | stride) & 1) === 0) {
        for (let from = source >>> 1; to < end; from += stride >>> 1) u16[to++] = u16[from];
      } else {
        for (let from = source; to < end; from += stride) u16[to++] = view.getUint16(from, true);
      }
    },
    gather_32(source, stride, count, target) {
      let to = target >>> 2;
      const end = to + count;
      if (((source | stride) & 3) === 0) {
        for (let from = source >>> 2; to < end; from += stride >>> 2) u32[to++] = u32[from];
      } else {
        for (let from = source; to < end; from += stride) u32[to++] = view.getUint32(from, true);
      }
    },
    gather_64(source, stride, count, target) {
      if (((source | stride) & 7) === 0) {
        // V8 copies an element between BigInt64Arrays without making a bigint: twice as fast as two
        // words.
        let to = target >>> 3;
        const end = to + count;
        for (let from = source >>> 3; to < end; from += stride >>> 3) i64[to++] = i64[from];
        return;
      }
      let to = target >>> 2;
      const end = to + 2 * count;
      if (((source | stride) & 3) === 0) {
        for (let from = source >>> 2; to < end; from += stride >>> 2) {
          u32[to++] = u32[from];
          u32[to++] = u32[from + 1];
        }
      } else {
        for (let from = source; to < end; from += stride) {
          u32[to++] = view.getUint32(from, true);
          u32[to++] = view.getUint32(from + 4, true);
        }
      }
    },
    gather_bytes(source, stride, count, target, width) {
      for (let i = 0; i < count; i++)
        u8.copyWithin(target + i * width, source + i * stride, source + i * stride + width);
    },
  };
}

/** Decodes a struct field by field. */
export function decodeKernel(
  record: RecordLayout,
  gathers: Record<number, GatherKernel>,
): DecodeKernel {
  const fields = record.fields.map(({ offset, type }) => ({
    offset,
    gather: gathers[SCALARS[type].byteLength],
  }));
  return (source, stride, count, target, rows) => {
    for (const { offset, gather } of fields)
      gather(source + offset, stride, count, target + offset * rows);
  };
}

/** Swaps bytes by shifting words. */
export function swapKernels({
  u16,
  u32,
}: Heap): Pick<DecodingKernels, 'swap_16' | 'swap_32' | 'swap_64'> {
  const swapped = (v: number) =>
    (v << 24) | ((v & 0xff00) << 8) | ((v >>> 8) & 0xff00) | (v >>> 24);
  return {
    swap_16(column, count) {
      for (let i = column >>> 1, end = i + count; i < end; i++)
        u16[i] = (u16[i] << 8) | (u16[i] >>> 8);
    },
    swap_32(column, count) {
      for (let i = column >>> 2, end = i + count; i < end; i++) u32[i] = swapped(u32[i]);
    },
    swap_64(column, count) {
      for (let i = column >>> 2, end = i + 2 * count; i < end; i += 2) {
        const low = u32[i];
        u32[i] = swapped(u32[i + 1]);
        u32[i + 1] = swapped(low);
      }
    },
  };
}
