import { CHECKING_HEX, COUNTING_HEX, DECODING_HEX, MATCHING_HEX } from './kernel.hex.ts';
import type { KernelSet } from './kernel.ts';

/** What every reader needs. */
export const DECODING: KernelSet<'decoding'> = { name: 'decoding', wasm: DECODING_HEX };

/** What readers with the option `check` need too. */
export const CHECKING: KernelSet<'checking'> = { name: 'checking', wasm: CHECKING_HEX };

/** What a summary needs too. */
export const COUNTING: KernelSet<'counting'> = { name: 'counting', wasm: COUNTING_HEX };

/** What a match needs too. */
export const MATCHING: KernelSet<'matching'> = { name: 'matching', wasm: MATCHING_HEX };
