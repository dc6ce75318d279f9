// The folder that a capture writes: what it has written stays, whatever happens.
import {
  chownSync,
  closeSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { MANIFEST_FILE, type PartChunk, type TraceManifest } from '../import.ts';
import { PARTS, type PartName } from '../trace-node.ts';
import { reasonOf } from '../words/reason.ts';
import { usageError } from './exit.ts';

/** Room for the description at the end, so that it fits also when the disk is full. */
const MANIFEST_BYTES = 2 ** 16;
/** The files hold addresses of processes: they are for their owner only. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** The error of a file that cannot be written. What was written stays. */
const faultOf = (path: string, cause: unknown): Error =>
  new Error(
    `${path}: cannot be written: ` +
      reasonOf(cause, 'writing').replace(
        /; nothing was kept$/,
        '; what was written before is kept',
      ),
    { cause },
  );

/** Who runs sudo gets what it writes: the trace is read without it. */
function giveToCaller(path: string): void {
  const [uid, gid] = [Number(process.env['SUDO_UID']), Number(process.env['SUDO_GID'])];
  if (process.geteuid?.() === 0 && uid > 0 && gid >= 0) chownSync(path, uid, gid);
}

/** Whether there is something; where it may not be looked, the attempt to create it tells why. */
function isTaken(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** Refuses a path where a folder cannot be created, also that of a link that leads nowhere. */
export function checkFree(path: string): void {
  if (path === '' || path === '-')
    usageError(`a capture is written to a folder, and '${path}' is not a folder name`);
  if (isTaken(path))
    usageError(`${path} already exists, and folders are never overwritten; choose another name`);
}

interface PartFile {
  readonly fd: number;
  bytes: number;
}

/** The folder of a trace that is being captured. */
export class CaptureFolder {
  readonly #path: string;
  readonly #files = new Map<PartName, PartFile>();
  #manifest: number | undefined;
  /** Records that could not be written, and why. */
  unwritten = 0;
  fault: Error | undefined;

  /** @throws AioscopeError `AIOSCOPE_OPTION` where the path exists */
  constructor(path: string) {
    checkFree(path);
    this.#path = path;
    try {
      mkdirSync(path, { mode: FOLDER_MODE });
      giveToCaller(path);
    } catch (error) {
      throw faultOf(path, error);
    }
  }

  /** Writes what is known when the capture begins: a capture that is killed leaves it. */
  begin(manifest: TraceManifest): void {
    const text = `${JSON.stringify(manifest, null, 2)}\n`;
    try {
      this.#manifest = this.#create(MANIFEST_FILE);
      writeAll(this.#manifest, Buffer.from(text.padEnd(MANIFEST_BYTES)), 0);
    } catch (error) {
      // Nothing was captured, and the name is free again.
      this.close();
      rmSync(this.#path, { recursive: true, force: true });
      const reason = reasonOf(error, 'writing');
      throw new Error(`${this.#path}: cannot be written: ${reason}`, { cause: error });
    }
  }

  /** Appends records. After a fault, they are counted only. */
  write({ part, file, bytes }: PartChunk): void {
    const { stride } = PARTS[part];
    let written = 0;
    if (this.fault === undefined)
      try {
        const fd = this.#files.get(part)?.fd ?? this.#create(file);
        const target = this.#files.get(part) ?? { fd, bytes: 0 };
        this.#files.set(part, target);
        written = this.#append(target, bytes, stride);
      } catch (error) {
        this.fault = faultOf(this.#path, error);
      }
    this.unwritten += (bytes.byteLength - written) / stride;
  }

  #create(file: string): number {
    const path = join(this.#path, file);
    const fd = openSync(path, 'wx', FILE_MODE);
    giveToCaller(path);
    return fd;
  }

  /** Appends to a file. Returns how many bytes of whole records it has taken. */
  #append(target: PartFile, bytes: Uint8Array, stride: number): number {
    const begin = target.bytes;
    try {
      writeAll(target.fd, bytes, begin);
      target.bytes += bytes.byteLength;
    } catch (error) {
      this.fault = faultOf(this.#path, error);
      const written = Math.floor(((error as { written?: number }).written ?? 0) / stride) * stride;
      target.bytes += written;
      ftruncateSync(target.fd, target.bytes);
    }
    return target.bytes - begin;
  }

  /**
   * Writes the description of what was written, and closes the files. Returns it.
   *
   * @throws Error if somebody has removed the folder
   */
  end(manifest: TraceManifest): TraceManifest {
    const described = this.fault === undefined ? manifest : this.#cut(manifest);
    const whole = Buffer.from(`${JSON.stringify(described, null, 2)}\n`);
    const fd = this.#manifest;
    if (fd === undefined) return described;
    // Files that were removed can still be written to.
    if (fstatSync(fd).nlink === 0)
      throw new Error(`${this.#path}: was removed while it was written: nothing is kept`);
    try {
      writeAll(fd, whole, 0);
      ftruncateSync(fd, whole.byteLength);
    } catch (error) {
      this.fault ??= faultOf(this.#path, error);
      // On a full disk there is room for a description without names.
      const bare = { ...described, processes: [], descriptors: [] };
      const text = Buffer.from(`${JSON.stringify(bare)}\n`);
      writeAll(fd, text.subarray(0, MANIFEST_BYTES), 0);
      ftruncateSync(fd, text.byteLength);
    }
    this.close();
    return described;
  }

  close(): void {
    for (const { fd } of this.#files.values()) closeSync(fd);
    this.#files.clear();
    if (this.#manifest !== undefined) closeSync(this.#manifest);
    this.#manifest = undefined;
  }

  /** The description of a trace of which not everything could be written. */
  #cut(manifest: TraceManifest): TraceManifest {
    const parts = Object.entries(manifest.parts).flatMap(([part, described]) => {
      const bytes = this.#files.get(part as PartName)?.bytes;
      // Without a file there is no part.
      if (bytes === undefined) return [];
      return [[part, { ...described, records: bytes / PARTS[part as PartName].stride }] as const];
    });
    const recorded = parts.reduce((sum, [, { records }]) => sum + records, 0);
    const hits = recorded + this.unwritten;
    const loss = { of: 'records', hits, recorded, lost: this.unwritten };
    return {
      ...manifest,
      parts: Object.fromEntries(parts),
      complete: false,
      losses: [...manifest.losses, loss],
    };
  }
}

/** Writes all bytes at an offset. An error has the number of bytes that were written. */
function writeAll(fd: number, bytes: Uint8Array, offset: number): void {
  for (let at = 0; at < bytes.byteLength; )
    try {
      at += writeSync(fd, bytes, at, bytes.byteLength - at, offset + at);
    } catch (error) {
      throw Object.assign(error as Error, { written: at });
    }
}
