import { appendFileSync, mkdirSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { usageError } from './exit.ts';
import { fault, letSignalsIn, removedAtEnd, statOf, temporaryOf } from './target.ts';

/** A folder of files being written. It gets its name once they are complete. */
export interface FolderTarget {
  /** Appends to a file in the folder. */
  readonly write: (file: string, chunk: Uint8Array) => Promise<void>;
  /** Gives the folder its name. */
  finish(): Promise<void>;
  /** Removes what was written. */
  abandon(): Promise<void>;
}

/**
 * Creates a folder for writing. Files are opened per chunk: there can be more of them than a
 * process may keep open.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` where the path exists: folders are never overwritten
 */
export async function openFolder(path: string, follow?: AbortSignal): Promise<FolderTarget> {
  if ((await statOf(path)) !== undefined)
    usageError(`${path} already exists, and folders are never overwritten; choose another name`);
  const temporary = temporaryOf(path);
  const attempt = async (work: () => unknown): Promise<void> => {
    try {
      await work();
    } catch (error) {
      throw fault(path, error);
    }
  };
  const remove = removedAtEnd(temporary, follow);
  await attempt(() => mkdirSync(temporary));
  return {
    write: (file, chunk) =>
      attempt(() => {
        mkdirSync(join(temporary, dirname(file)), { recursive: true });
        appendFileSync(join(temporary, file), chunk);
        return letSignalsIn();
      }),
    finish: () => attempt(() => rename(temporary, path)),
    async abandon() {
      remove();
    },
  };
}
