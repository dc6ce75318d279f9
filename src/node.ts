/**
 * `aioscope` under Node, Bun and Deno: the same names as elsewhere, with paths and URLs as sources,
 * and threads for long files.
 *
 * @module
 */
import { nodeHost } from './host/node/host.ts';
import { useHost } from './stream/host.ts';

export * from './index.ts';

useHost(nodeHost);
