import { AioscopeError } from '../errors.ts';
import { checkArgument } from '../layout/option-names.ts';
import { oneOf } from '../layout/schema.ts';
import { bpftraceScript } from './bpftrace/script.ts';
import { kernelOffsets } from './btf.ts';
import { shellScript } from './shell-script.ts';

/** The kinds of scripts that capture on a host without Node. */
export const CAPTURE_SCRIPTS = ['sh', 'bpftrace'] as const;
/** A kind of script that captures on a host without Node. */
export type CaptureScript = (typeof CAPTURE_SCRIPTS)[number];

/**
 * The text of a script that captures on a host without Node, for `importLog`: `sh` is a POSIX shell
 * script that records raw pages, `bpftrace` one whose output is a log. Both need root.
 *
 * @param btf - the BTF of the host's kernel, for `sh`; without it, the script reads it on the host
 * @throws AioscopeError `AIOSCOPE_OPTION` for another kind, `AIOSCOPE_CAPTURE` for invalid BTF
 */
export function captureScript(kind: CaptureScript, btf?: Uint8Array): string {
  oneOf('kind', kind, CAPTURE_SCRIPTS);
  if (btf !== undefined && !(btf instanceof Uint8Array)) checkArgument('btf', btf, 'Uint8Array');
  if (kind === 'sh') return shellScript(btf && kernelOffsets(btf, 'the BTF'));
  if (btf === undefined) return bpftraceScript([]);
  throw new AioscopeError('AIOSCOPE_OPTION', 'btf applies only to the script sh');
}
