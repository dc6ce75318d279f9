import { AioscopeError } from '../errors.ts';
import { jsEngine } from './js.ts';
import { ENGINES, type Engine, type EngineOption } from './kernel.ts';
import { wasmEngine } from './wasm.ts';

const ENVIRONMENT = 'AIOSCOPE_ENGINE';

function environment(): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return process?.env?.[ENVIRONMENT] || undefined;
}

/**
 * Selects an engine. `auto` is the one in AIOSCOPE_ENGINE if set, else `wasm-simd` if it runs, else
 * `js`.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` for an unknown name, `AIOSCOPE_ENGINE` if `wasm-simd` was
 *   requested and does not run
 */
export function selectEngine(option: EngineOption = 'auto'): Engine {
  const forced = option === 'auto' ? environment() : undefined;
  const wanted = forced ?? option;
  if (!(ENGINES as readonly string[]).includes(wanted)) {
    const where = forced === undefined ? 'engine' : ENVIRONMENT;
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      `${where} is '${wanted}'; it must be one of ${ENGINES.join(', ')}`,
    );
  }
  if (wanted === 'js') return jsEngine(null);
  const wasm = wasmEngine();
  if (typeof wasm !== 'string') return wasm;
  if (wanted === 'auto') return jsEngine(wasm);
  throw new AioscopeError(
    'AIOSCOPE_ENGINE',
    `engine 'wasm-simd' does not run here: ${wasm}; engine 'js' runs everywhere`,
  );
}
