// What `aioscope capture` prints without capturing: which methods work here, and scripts.
import { readFileSync } from 'node:fs';
import { type CaptureScript, captureScript, checkCapture } from '../capture/index.ts';
import { AioscopeError } from '../node.ts';
import { methodLines } from '../words/capture.ts';
import { reasonOf } from '../words/reason.ts';
import { write } from './output.ts';

/** `aioscope capture --check` */
export async function printMethods(
  pids: readonly number[],
  json: boolean | undefined,
): Promise<void> {
  const methods = checkCapture(pids);
  await write(json ? `${JSON.stringify(methods)}\n` : `${methodLines(methods).join('\n')}\n`);
  if (methods.every(({ lacks }) => lacks.length > 0)) process.exitCode = 1;
}

/** `aioscope capture --print-script KIND [--btf FILE]` */
export async function printScript(kind: CaptureScript, btf: string | undefined): Promise<void> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = btf === undefined ? undefined : readFileSync(btf);
  } catch (error) {
    throw new AioscopeError('AIOSCOPE_READ', `${btf}: cannot be read: ${reasonOf(error)}`);
  }
  await write(captureScript(kind, bytes));
}
