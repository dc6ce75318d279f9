// A folder for files of one test file or of several, which the end of the run removes.
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';

export const scratch = (name: string): string => mkdtempSync(join(inject('scratch'), `${name}-`));
