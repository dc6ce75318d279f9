/**
 * `aioscope/import` under Node: logs can be given as paths.
 *
 * @module
 */
import { nodeHost } from './host/node/host.ts';
import { useHost } from './stream/host.ts';

export * from './import.ts';

useHost(nodeHost);
