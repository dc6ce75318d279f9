/**
 * What the page needs besides the public doors. package.json does not export it.
 *
 * @module
 */
export { RECORDS } from './abi/record.ts';
export { ZONE_RECORDS } from './analysis/survey/zones.ts';
export { messageOf } from './errors.ts';
export { pageHost } from './host/browser/host.ts';
export { PRESETS } from './layout/preset.ts';
export { nanoseconds } from './layout/where.ts';
export { blobSource } from './stream/blob-source.ts';
export { useHost } from './stream/host.ts';
export { httpFileSource } from './stream/http-file.ts';
export { compressionOf, MAGIC_BYTES } from './stream/magic.ts';
export { bodyBytes, parseHeader } from './stream/ring.ts';
export type { StreamName } from './stream/stream-set.ts';
export { isPackName, openPack, placesInPack } from './trace/pack.ts';
export { MANIFEST_FILE, PARTS } from './trace/part.ts';
export { Trace } from './trace/trace.ts';
