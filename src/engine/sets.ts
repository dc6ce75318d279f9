import {
  CHECKING_TEXT,
  COUNTING_TEXT,
  DECODING_TEXT,
  MATCHING_TEXT,
  REQUESTS_TEXT,
} from './kernel.text.ts';
import type { KernelSet } from './kernel.ts';

/** What every reader needs. */
export const DECODING: KernelSet<'decoding'> = { name: 'decoding', wasm: DECODING_TEXT };

/** What readers with the option `check` need too. */
export const CHECKING: KernelSet<'checking'> = { name: 'checking', wasm: CHECKING_TEXT };

/** What a summary needs too. */
export const COUNTING: KernelSet<'counting'> = { name: 'counting', wasm: COUNTING_TEXT };

/** What a report of submissions needs too. */
export const REQUESTS: KernelSet<'requests'> = { name: 'requests', wasm: REQUESTS_TEXT };

/** What a match needs too. */
export const MATCHING: KernelSet<'matching'> = { name: 'matching', wasm: MATCHING_TEXT };
