"""The statistics of a summary with numpy: summary_numpy.py io_event|iocb FILE prints what aioscope's --json does
(without its counts by descriptor, flags and priority). Debian: apt-get install python3-numpy."""
import json
import sys

import numpy as np

CHUNK = 32768  # records: half or twice as many are slower
KINDS = {
    'io_event': [('data', '<u8'), ('obj', '<u8'), ('res', '<i8'), ('res2', '<i8')],
    'iocb': [
        ('aio_data', '<u8'), ('aio_key', '<u4'), ('aio_rw_flags', '<u4'), ('aio_lio_opcode', '<u2'), ('aio_reqprio', '<i2'),
        ('aio_fildes', '<u4'), ('aio_buf', '<u8'), ('aio_nbytes', '<u8'), ('aio_offset', '<i8'), ('aio_reserved2', '<u8'),
        ('aio_flags', '<u4'), ('aio_resfd', '<u4'),
    ],
}


def exact_sum(values):
    """64-bit sums would wrap: add the halves, whose sums over a chunk fit."""
    if values.itemsize < 8:
        return int(values.sum(dtype=np.int64))
    return int((values & 0xFFFFFFFF).sum()) + (int((values >> 32).sum()) << 32)


def bits(values):
    """Bit lengths of values from 0 up; those that a double cannot hold exactly are counted one by one."""
    lengths = np.frexp(values.astype(np.float64))[1]
    large = np.flatnonzero(lengths > 53)
    lengths[large] = [int(value).bit_length() for value in values[large]]
    return lengths


def buckets(counts):
    return [{'from': str(0 if b == 0 else 1 << (b - 1)), 'count': int(n)} for b, n in enumerate(counts) if n > 0]


kind, path = sys.argv[1:]
dtype = np.dtype(KINDS[kind])
records = np.empty(CHUNK, dtype)
columns = {name: [None, None, 0] for name in dtype.names}
total = 0
errors, sizes = np.zeros(4097, np.int64), np.zeros(65, np.int64)
opcodes, lengths = {}, {}
with open(path, 'rb', buffering=0) as file:
    target = memoryview(records).cast('B')
    while (size := file.readinto(target)) >= dtype.itemsize:
        chunk = records[: size // dtype.itemsize]
        total += len(chunk)
        column = {name: np.ascontiguousarray(chunk[name]) for name in dtype.names}
        for name, values in column.items():
            least, most, state = int(values.min()), int(values.max()), columns[name]
            state[0] = least if state[0] is None else min(state[0], least)
            state[1] = most if state[1] is None else max(state[1], most)
            state[2] += exact_sum(values)
        if kind == 'io_event':
            res = column['res']
            failed = res < 0
            errors += np.bincount(-np.maximum(res[failed], -4096), minlength=4097)
            sizes += np.bincount(bits(res[~failed]), minlength=65)
        else:
            opcode, nbytes = column['aio_lio_opcode'], column['aio_nbytes']
            for value in np.flatnonzero(np.bincount(opcode)):
                asked = nbytes[opcode == value]
                count, sum_ = opcodes.get(int(value), (0, 0))
                opcodes[int(value)] = (count + len(asked), sum_ + exact_sum(asked))
                if value in (0, 1, 7, 8):
                    lengths[int(value)] = lengths.get(int(value), 0) + np.bincount(bits(asked), minlength=65)

answer = {
    'records': total,
    'columns': {name: {'min': str(a), 'max': str(b), 'sum': str(c)} for name, (a, b, c) in columns.items()},
}
if kind == 'io_event':
    answer['errors'] = [{'errno': e, 'count': int(n)} for e, n in enumerate(errors) if n > 0]
    answer['sizes'] = buckets(sizes)
else:
    answer['opcodes'] = [{'opcode': o, 'count': n, 'nbytes': str(s)} for o, (n, s) in sorted(opcodes.items())]
    none = np.zeros(65, np.int64)
    answer['sizes'] = buckets(lengths.get(0, none) + lengths.get(1, none))
    answer['iovecs'] = buckets(lengths.get(7, none) + lengths.get(8, none))
print(json.dumps(answer, separators=(',', ':')))
with open('/proc/self/status') as status:
    print(next(line.split()[1] for line in status if line.startswith('VmHWM')), end='', file=sys.stderr)
