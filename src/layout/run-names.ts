// Names of the processes of a run, and of the files behind their descriptors.

/** The name that a process had from a time on. */
export interface TraceProcess {
  readonly pid: number;
  readonly comm: string;
  /** In ns of the trace's clock; null if it always had it. */
  readonly from: string | null;
}

/** The file that a descriptor of a process stood for from a time on. */
export interface TraceDescriptor {
  readonly pid: number;
  readonly fd: number;
  readonly path: string;
  /** In ns of the trace's clock; null if it always did. */
  readonly from: string | null;
}

/** What a trace knows of the names of processes and files, each in the order of time. */
export interface RunNames {
  readonly processes: readonly TraceProcess[];
  readonly descriptors: readonly TraceDescriptor[];
  /** Add it to a time to get CLOCK_REALTIME (ns, a decimal string); absent if it is not known. */
  readonly realtimeOffsetNs?: string | undefined;
}

/** The columns of names: of the process, and of the file behind the descriptor. */
export type RunName = 'comm' | 'path';

/** The names of two runs together. */
export function joinNames(
  first: RunNames | undefined,
  second: RunNames | undefined,
): RunNames | undefined {
  if (first === undefined || second === undefined || first === second) return first ?? second;
  return {
    processes: [...first.processes, ...second.processes],
    descriptors: [...first.descriptors, ...second.descriptors],
    ...(first.realtimeOffsetNs === second.realtimeOffsetNs && {
      realtimeOffsetNs: first.realtimeOffsetNs,
    }),
  };
}

/** The files of a descriptor in JSON; empty if none is known. */
export const pathsJson = (paths: string[] = []): { paths?: string[] } =>
  paths.length === 0 ? {} : { paths };
