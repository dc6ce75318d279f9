/**
 * gVisor's field names, per struct. Its IOCallback leaves the word of `aio_rw_flags` unnamed.
 * Source: gVisor, pkg/abi/linux/aio.go.
 */
export const GVISOR_FIELDS = {
  io_event: { data: 'Data', obj: 'Obj', res: 'Result', res2: 'Result2' },
  iocb: {
    aio_data: 'Data',
    aio_key: 'Key',
    aio_rw_flags: '_',
    aio_lio_opcode: 'OpCode',
    aio_reqprio: 'ReqPrio',
    aio_fildes: 'FD',
    aio_buf: 'Buf',
    aio_nbytes: 'Bytes',
    aio_offset: 'Offset',
    aio_reserved2: 'Reserved2',
    aio_flags: 'Flags',
    aio_resfd: 'ResFD',
  },
  aio_ring: {
    id: 'ID',
    nr: 'Nr',
    head: 'Head',
    tail: 'Tail',
    magic: 'Magic',
    compat_features: 'CompatFeatures',
    incompat_features: 'IncompatFeatures',
    header_length: 'HeaderLength',
  },
} as const;
