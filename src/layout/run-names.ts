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
}

/** A name from a time on. */
interface Period {
  readonly name: string;
  /** -1 if it always had it. */
  readonly from: bigint;
}

/** The name at a time: the last that began before it. */
function nameAt(periods: readonly Period[] | undefined, ts: bigint): string | undefined {
  return periods?.findLast(({ from }) => from <= ts)?.name;
}

/** Finds names by number and time. */
export class NameLookup {
  readonly #comms = new Map<number, Period[]>();
  readonly #paths = new Map<string, Period[]>();
  readonly #pathsOfAny = new Map<number, Period[]>();

  constructor({ processes, descriptors }: RunNames) {
    const periodOf = (name: string, from: string | null): Period => ({
      name,
      from: from === null ? -1n : BigInt(from),
    });
    for (const { pid, comm, from } of processes) put(this.#comms, pid, periodOf(comm, from));
    for (const { pid, fd, path, from } of descriptors) {
      const period = periodOf(path, from);
      put(this.#paths, `${pid} ${fd}`, period);
      put(this.#pathsOfAny, fd, period);
    }
  }

  /** The name of a process at a time; undefined if it is not known. */
  commAt(pid: number, ts: bigint): string | undefined {
    return nameAt(this.#comms.get(pid), ts);
  }

  /** The file of a descriptor at a time; undefined if it is not known. */
  pathAt(pid: number, fd: number, ts: bigint): string | undefined {
    return nameAt(this.#paths.get(`${pid} ${fd}`), ts);
  }

  /** Every file that a descriptor of any process stood for. */
  pathsOfAny(fd: number): string[] {
    return unique(this.#pathsOfAny.get(fd));
  }

  /** Every name that a process had, in the order of time. */
  comms(pid: number): string[] {
    return unique(this.#comms.get(pid));
  }

  /** Every file that a descriptor stood for, in the order of time. */
  paths(pid: number, fd: number): string[] {
    return unique(this.#paths.get(`${pid} ${fd}`));
  }
}

/** The names of two runs together. */
export function joinNames(
  first: RunNames | undefined,
  second: RunNames | undefined,
): RunNames | undefined {
  if (first === undefined || second === undefined || first === second) return first ?? second;
  return {
    processes: [...first.processes, ...second.processes],
    descriptors: [...first.descriptors, ...second.descriptors],
  };
}

/** The files of a descriptor in JSON; nothing if none is known. */
export const pathsJson = (paths: string[]): { paths?: string[] } =>
  paths.length === 0 ? {} : { paths };

/** Finds the names of a run; of none, no name. */
export const lookupOf = (names: RunNames | undefined): NameLookup =>
  new NameLookup(names ?? { processes: [], descriptors: [] });

function put<K>(map: Map<K, Period[]>, key: K, period: Period): void {
  const periods = map.get(key);
  if (periods === undefined) map.set(key, [period]);
  else periods.push(period);
}

const unique = (periods: readonly Period[] = []): string[] => [
  ...new Set(periods.map(({ name }) => name)),
];
