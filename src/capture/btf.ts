/** PLACEHOLDER replaced by merge */
export interface KernelOffsets {
  readonly kiRes: number;
  readonly kiCtx: number;
  readonly userId: number;
}
export const kernelOffsets = (_: Uint8Array, __: string): KernelOffsets => ({
  kiRes: 112,
  kiCtx: 96,
  userId: 40,
});
