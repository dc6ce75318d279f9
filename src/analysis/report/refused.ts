import { errnoName, opcodeName } from '../../abi/name.ts';
import type { NameLookup } from '../../layout/name-lookup.ts';
import { pathsJson } from '../../layout/run-names.ts';
import type { RecordReader } from '../../stream/reader.ts';
import { inputOf, type SummaryInput } from '../summary/summary.ts';

/** Submissions that were refused with one errno, of one opcode, process and descriptor. */
export interface RefusedGroup {
  /** null if the source does not say it. */
  errno: number | null;
  name: string | null;
  opcode: number;
  opcodeName: string | null;
  /** null if the source does not show it. */
  pid: number | null;
  fd: number;
  /** The files that a trace names for the descriptor. */
  paths?: string[];
  count: number;
  /** The first of them: its index among the refused submissions, and its time in ns. */
  first: { index: number; ts: string };
}

/** What io_submit refused. */
export interface RefusedJson {
  inputs: SummaryInput[];
  /** Those that met the conditions, if there are conditions. */
  records: number;
  /** The most frequent first. */
  groups: RefusedGroup[];
  /** In groups beyond the first 4,096. */
  other: number;
}

/** Groups that are kept. */
const GROUPS_MAX = 4096;

type Group = Pick<RefusedGroup, 'errno' | 'opcode' | 'pid' | 'fd' | 'count' | 'first'>;

/** Counts the submissions that io_submit refused. */
export class RefusedReport {
  readonly #inputs: SummaryInput[] = [];
  readonly #groups = new Map<string, Group>();
  #records = 0;
  #other = 0;

  /** Counts every record of a reader, whose envelope has \`ret\`. */
  async read(reader: RecordReader<'iocb'>, file: string): Promise<void> {
    for await (const batch of reader) {
      const { columns } = batch;
      const isWithoutPid =
        batch.schema.columns.find(({ name }) => name === 'pid')?.absent === 'all';
      for (let i = 0; i < batch.length; i++) {
        const ret = Number(columns['ret'][i]);
        this.#add({
          errno: ret === 0 ? null : -ret,
          opcode: columns.aio_lio_opcode[i],
          pid: isWithoutPid ? null : Number(columns['pid'][i]),
          fd: columns.aio_fildes[i] | 0,
          count: 1,
          first: { index: batch.indexOf(i), ts: String(columns['ts'][i]) },
        });
      }
    }
    this.#inputs.push(inputOf(reader, file));
  }

  /** Adds the counts of the part that follows. */
  merge(part: RefusedReport): void {
    this.#inputs.push(...part.#inputs);
    for (const group of part.#groups.values()) this.#add(group);
    this.#records += part.#other;
    this.#other += part.#other;
  }

  /** Undefined if nothing was read. */
  toJSON(lookup: NameLookup): RefusedJson | undefined {
    if (this.#inputs.length === 0) return undefined;
    const groups = [...this.#groups.values()].sort((a, b) => b.count - a.count);
    return {
      inputs: this.#inputs,
      records: this.#records,
      groups: groups.map((group) => ({
        errno: group.errno,
        name: group.errno === null ? null : errnoName(group.errno),
        opcode: group.opcode,
        opcodeName: opcodeName(group.opcode),
        pid: group.pid,
        fd: group.fd,
        ...pathsJson(lookup.paths(group.pid ?? 0, group.fd)),
        count: group.count,
        first: group.first,
      })),
      other: this.#other,
    };
  }

  #add(group: Group): void {
    this.#records += group.count;
    const key = `${group.errno} ${group.opcode} ${group.pid} ${group.fd}`;
    const known = this.#groups.get(key);
    if (known !== undefined) known.count += group.count;
    else if (this.#groups.size < GROUPS_MAX) this.#groups.set(key, { ...group });
    else this.#other += group.count;
  }
}
