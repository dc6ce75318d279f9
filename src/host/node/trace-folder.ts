import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AioscopeError } from '../../errors.ts';
import { checkArgument } from '../../layout/option-names.ts';
import { parseManifest } from '../../trace/manifest.ts';
import { MANIFEST_FILE } from '../../trace/part.ts';
import { Trace } from '../../trace/trace.ts';
import { cannotOpen, fileSource } from './file-source.ts';

/** Whether a path is the folder of a trace. */
export const isTrace = (path: string): boolean =>
  typeof path === 'string' && existsSync(join(path, MANIFEST_FILE));

/**
 * Opens a trace: the folder that `aioscope import` writes. Only its description is read. With
 * `follow`, its files are read until the signal fires, while a capture writes them.
 *
 * @throws AioscopeError `AIOSCOPE_READ` if the folder or its capture.json cannot be read,
 *   `AIOSCOPE_SOURCE` if that is not the description of a trace
 */
export function openTrace(path: string | URL, follow?: AbortSignal): Trace {
  if (!(path instanceof URL)) checkArgument('path', path, 'string');
  if (follow !== undefined) checkArgument('follow', follow, 'AbortSignal');
  const folder = path instanceof URL ? fileURLToPath(path) : path;
  const file = join(folder, MANIFEST_FILE);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
      throw cannotOpen(folder, error);
    throw new AioscopeError(
      'AIOSCOPE_READ',
      `${folder}: not a trace: it has no ${MANIFEST_FILE} that can be read`,
      { cause: error },
    );
  }
  const manifest = parseManifest(text, file);
  const source = (name: string) => {
    const part = join(folder, name);
    return existsSync(part) ? fileSource(part, follow) : undefined;
  };
  return new Trace({ name: folder, source }, manifest);
}
