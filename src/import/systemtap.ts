import type { TraceBuilder } from '../trace/builder.ts';
import { putIocb } from '../trace/put-record.ts';
import type { LineOutcome, LineParser, LogFormat } from './format.ts';
import { integerOf, signed } from './integer.ts';
import { dropUnprinted } from './submitted.ts';

// The lines of traceaio.stp, an example of SystemTap: a call of io_submit, each of its iocbs with
// its address, and the iovecs of PREADV. It shows no times, results and completions.
// Source: testsuite/systemtap.examples/io/traceaio.stp, tapset/linux/sysc_io_submit.stp.
const CALL = /^\[ *\d+ (.*)\((\d+)\):\s*\] io_submit\((\d+), (-?\d+), 0x[\da-f]+\)$/;
const IOCB =
  /^ +iocb\[ *\d+\]=(0x[\da-f]+), fd=(-?\d+), opcode=(\d+), offset=(-?\d+), nbytes=(-?\d+), buf=(0x[\da-f]+)$/;
const OTHER = /^(?: +iovec\[ *\d+\]=0x[\da-f]+, base=0x[\da-f]+, len=-?\d+|Tracing \w+|)$/;

/** The fields that it does not print. */
const ABSENT = [
  ...['ts', 'pid', 'aio_data', 'aio_key', 'aio_rw_flags', 'aio_reqprio'],
  ...['aio_reserved2', 'aio_flags', 'aio_resfd'],
];

class SystemTapParser implements LineParser {
  readonly #builder: TraceBuilder;
  #tid: number | undefined;
  /** Iocbs of the call that have not been printed yet. */
  #left = 0;

  constructor(builder: TraceBuilder) {
    this.#builder = builder;
  }

  line(line: string): LineOutcome {
    const iocb = IOCB.exec(line);
    if (iocb !== null) return this.#iocb(iocb);
    const call = CALL.exec(line);
    if (call === null) return OTHER.test(line) ? 'ignored' : 'unparsed';
    this.#endCall();
    const [, comm, thread, context, count] = call;
    const [tid, nr] = [Number(thread), signed(integerOf(count))];
    const ctx = BigInt.asUintN(64, BigInt(context));
    this.#builder.process(tid, comm, null);
    const own = { call: 'io_submit', ts: 0n, end: 0n, ctx, pid: 0, tid, nr, ret: 0n } as const;
    this.#builder.call(own);
    this.#tid = tid;
    this.#left = Math.max(0, nr);
    return 'used';
  }

  end(): void {
    this.#endCall();
    const { absent } = this.#builder;
    for (const field of ABSENT) absent.push({ kind: 'iocb', field, opcodes: 'all' });
    for (const field of ['ts', 'end', 'pid', 'ret'])
      absent.push({ kind: 'call', field, opcodes: 'all' });
  }

  #iocb([, addr, fd, opcode, offset, nbytes, buf]: RegExpExecArray): LineOutcome {
    if (this.#tid === undefined || this.#left === 0) return 'unparsed';
    this.#left -= 1;
    this.#builder.presume('submissions to be accepted: results of calls are not printed');
    const place = { ts: 0n, addr: BigInt(addr), pid: 0, tid: this.#tid };
    this.#builder.refusalsKnown = false;
    putIocb(this.#builder.submission(place), {
      aio_lio_opcode: Number(opcode),
      aio_fildes: Number(fd),
      aio_buf: integerOf(buf),
      aio_nbytes: integerOf(nbytes),
      aio_offset: integerOf(offset),
    });
    return 'used';
  }

  #endCall(): void {
    dropUnprinted(this.#builder, 'submissions', this.#left, 0);
    this.#left = 0;
  }
}

/** The output of SystemTap's traceaio.stp. */
export const systemtap: LogFormat = {
  name: 'systemtap',
  parser: (builder) => new SystemTapParser(builder),
};
