// Descriptions of what the tables have, for people. They are apart from the tables so that a
// program is bundled with them only if it shows them.
import type { OPCODES } from './opcode.ts';
import type { aioRing, iocb, ioEvent } from './record.ts';
import type { IocbRuleName, IoEventRuleName, RingRuleName } from './rule.ts';

/** What the fields of each struct hold, by name. */
export const FIELD_DOCS: {
  readonly [S in typeof ioEvent | typeof iocb | typeof aioRing as S['name']]: Readonly<
    Record<S['fields'][number]['name'], string>
  >;
} = {
  io_event: {
    data: 'the aio_data of the submission',
    obj: "address of the iocb in the program's memory",
    res: 'bytes moved, 0, or a poll mask; negative is -errno',
    res2: 'always 0 since Linux 5.16',
  },
  iocb: {
    aio_data: 'opaque tag, returned in io_event.data',
    aio_key: 'uninitialized before io_submit, which writes 0',
    aio_rw_flags: 'RWF_* flags; aio_reserved1 before Linux 4.13',
    aio_lio_opcode: 'IOCB_CMD_*',
    aio_reqprio: 'I/O priority, if IOCB_FLAG_IOPRIO is set',
    aio_fildes: 'file descriptor',
    aio_buf: 'buffer address; iovec array for PREADV and PWRITEV; event mask for POLL',
    aio_nbytes: 'length in bytes; number of iovecs for PREADV and PWRITEV',
    aio_offset: 'file offset',
    aio_reserved2: 'must be 0',
    aio_flags: 'IOCB_FLAG_*',
    aio_resfd: 'eventfd to signal, if IOCB_FLAG_RESFD is set',
  },
  aio_ring: {
    id: "index of the io context in the process's table",
    nr: 'number of io_event slots',
    head: 'next slot to reap; the kernel reads it modulo nr',
    tail: 'next slot to fill',
    magic: '0xa10a10a1',
    compat_features: '1',
    incompat_features: '0; other values are formats unknown to this decoder',
    header_length: 'offset of the first slot: 32',
  },
};

/** What each opcode does, by name. */
export const OPCODE_DOCS: Readonly<Record<(typeof OPCODES)[number]['name'], string>> = {
  IOCB_CMD_PREAD: 'read nbytes at offset',
  IOCB_CMD_PWRITE: 'write nbytes at offset',
  IOCB_CMD_FSYNC: 'flush data and metadata',
  IOCB_CMD_FDSYNC: 'flush data',
  IOCB_CMD_PREADX: 'only named in a comment of the header',
  IOCB_CMD_POLL: 'wait once for the poll events in aio_buf',
  IOCB_CMD_NOOP: 'defined, never implemented; gVisor completes it with 0',
  IOCB_CMD_PREADV: 'read into nbytes iovecs',
  IOCB_CMD_PWRITEV: 'write from nbytes iovecs',
};

/** What each rule finds in a record, by name. */
export const RULE_DOCS: Readonly<Record<IocbRuleName | IoEventRuleName | RingRuleName, string>> = {
  'reserved2-not-zero': 'aio_reserved2 is not 0',
  'reserved1-not-zero': 'aio_rw_flags is not 0; before 4.13 it was aio_reserved1',
  'nbytes-negative': 'aio_nbytes is 2^63 or more, with any opcode',
  'fildes-negative': 'aio_fildes is negative',
  'resfd-negative': 'aio_resfd is negative under IOCB_FLAG_RESFD',
  'opcode-not-taken': 'io_submit does not accept this aio_lio_opcode',
  'ioprio-invalid': 'aio_reqprio has a class above 3, or a level without a class',
  'rw-flags-unknown': 'aio_rw_flags has undefined bits',
  'append-and-noappend': 'RWF_APPEND and RWF_NOAPPEND together',
  'atomic-read': 'RWF_ATOMIC on a read',
  'iovecs-too-many': 'more than 1024 iovecs',
  'buf-in-kernel': 'aio_buf is 2^56 or more, outside user space',
  'offset-negative': 'aio_offset is negative',
  'offset-overflow': 'aio_offset plus the length exceeds 2^63 - 1',
  'fsync-fields': 'FSYNC or FDSYNC with aio_buf, aio_nbytes, aio_offset or aio_rw_flags',
  'poll-mask-wide': 'the poll mask in aio_buf exceeds 16 bits',
  'poll-fields': 'POLL with aio_nbytes, aio_offset or aio_rw_flags',
  'flags-unknown': 'aio_flags has undefined bits',
  'reqprio-ignored': 'aio_reqprio is not 0, but is not read',
  'resfd-ignored': 'aio_resfd is not 0, but IOCB_FLAG_RESFD is not set',
  'key-not-zero': 'aio_key is not 0; io_submit overwrites it, except in gVisor',
  'offset-ignored': 'RWF_APPEND writes at the end, whatever aio_offset is',
  'nbytes-clamped': 'one request moves at most 2 GiB - 4 KiB',
  'rw-flags-ignored': 'RWF_HIPRI has no effect on AIO; gVisor ignores all of aio_rw_flags',
  'poll-bits-unknown': 'the poll mask has undefined bits',
  'dsync-and-sync': 'RWF_SYNC includes RWF_DSYNC',
  'zero-length': 'a read or write of 0 bytes or 0 iovecs',
  'buf-null': 'aio_buf is NULL: it will complete with EFAULT',
  'buf-high': 'aio_buf is 2^47 or more: EFAULT without 5-level page tables (x86-64)',
  'ioprio-realtime': 'real-time: EPERM without CAP_SYS_ADMIN or CAP_SYS_NICE',
  'ioprio-hint': 'a priority with a hint: EINVAL before 6.5',
  misaligned: 'not aligned to 512 bytes: EINVAL under O_DIRECT on most devices',
  'obj-null': 'obj is NULL, which is not the address of an iocb',
  'res-below-errnos': 'res is below -4095, the last errno',
  'errno-internal': 'res is an errno that never leaves the kernel (-512 … -531)',
  'errno-unassigned': 'res is an unassigned errno',
  'res-too-large': 'res exceeds 2 GiB - 4 KiB, the most one request moves',
  'errno-leaked': 'res is -524, ENOTSUPP, leaked by some drivers and NFS',
  'res2-not-zero': 'res2 is not 0; before 5.16 only USB gadgets set it',
  'obj-unaligned': 'obj is not a multiple of 8, as an iocb usually is',
  'obj-high': 'obj is 2^56 or more: a tagged pointer, or outside user space',
  'incompat-features': 'incompat_features is not 0',
  'header-length': 'header_length is not 32',
  'slots-missing': 'the image ends before its last slot',
  'tail-beyond-nr': 'tail is nr or more; only the kernel writes it',
  'head-beyond-nr': 'head is nr or more; the kernel reads it modulo nr',
  'compat-features': 'compat_features is not 1',
  'nr-not-whole-pages': 'header and slots do not fill whole 4 KiB pages',
};
