import { AioscopeError, badValue, messageOf } from '../errors.ts';
import type { MakeEngine } from './js.ts';
import { ENGINES, type Engine, type EngineOption } from './kernel.ts';
import { wasmEngine } from './wasm.ts';

const ENVIRONMENT = 'AIOSCOPE_ENGINE';

function environment(): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return process?.env?.[ENVIRONMENT] || undefined;
}

const doesNotRun = (reason: string): AioscopeError =>
  new AioscopeError(
    'AIOSCOPE_ENGINE',
    `engine 'wasm-simd' does not run here: ${reason}; engine 'js' runs everywhere`,
  );

/** The smallest memory that WebAssembly had no space for, and why. */
let lack = { byteLength: Number.POSITIVE_INFINITY, reason: '' };

/**
 * An engine whose arenas are those of another where WebAssembly has no memory: each of its memories
 * reserves gigabytes of address space, which may be limited. It is not tried again, since failing
 * takes 50 ms.
 */
const orElse = (wasm: Engine, other: (reason: string) => Engine): Engine => ({
  ...wasm,
  allocate(byteLength) {
    try {
      if (byteLength < lack.byteLength) return wasm.allocate(byteLength);
    } catch (error) {
      const reason = `${messageOf(error)}; the address space may be limited (ulimit -v)`;
      lack = { byteLength, reason };
    }
    return other(lack.reason).allocate(byteLength);
  },
});

/** Names that have been selected: they can be again. */
const usable = new Set<string>();

/** Throws as `selectEngine` does, for a caller that has no use for the engine after all. */
export function checkEngine(option: EngineOption = 'auto', jsEngine: MakeEngine): void {
  const wanted = option === 'auto' ? environment() : option;
  if (wanted === undefined || usable.has(wanted)) return;
  selectEngine(option, jsEngine);
  usable.add(wanted);
}

/**
 * Selects an engine. `auto` is the one in AIOSCOPE_ENGINE if set, else `wasm-simd` if it runs, else
 * `js`. Also with `auto`, an arena is of the `js` engine if WebAssembly has no memory for it:
 * `arena.engine` is the one in use. `jsEngine` makes the `js` engine, with kernels
 * at once or later.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` for an unknown name, `AIOSCOPE_ENGINE` if `wasm-simd` was
 *   requested and does not run; allocating throws it if there is no memory
 */
export function selectEngine(option: EngineOption = 'auto', jsEngine: MakeEngine): Engine {
  const forced = option === 'auto' ? environment() : undefined;
  const wanted = forced ?? option;
  if (!(ENGINES as readonly string[]).includes(wanted)) {
    const where = forced === undefined ? 'engine' : ENVIRONMENT;
    throw badValue(where, wanted, `it must be one of ${ENGINES.join(', ')}`);
  }
  if (wanted === 'js') return jsEngine(null);
  const wasm = wasmEngine();
  if (wanted === 'auto') return typeof wasm === 'string' ? jsEngine(wasm) : orElse(wasm, jsEngine);
  if (typeof wasm === 'string') throw doesNotRun(wasm);
  return orElse(wasm, (reason) => {
    throw doesNotRun(reason);
  });
}
