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
 * The engine for an option: `auto` takes what AIOSCOPE_ENGINE says, else `wasm-simd` where it runs, else `js`.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` for another name, `AIOSCOPE_ENGINE` where `wasm-simd` is asked for and does not run
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
