// io_events of 300 MiB, more than one thread is used for, and what is true of them.
const MIB = 2 ** 20;
const RECORD_BYTES = 32;
const PER_MIB = MIB / RECORD_BYTES;
export const LONG_RECORDS = 300 * PER_MIB;

/** Every seventh has failed. */
const failed = (index) => index % 7 === 0;

/** Yields the records, a MiB at a time: `data` is their index, `res` is -EIO or 4096. */
export function* longRecords() {
  const words = new BigInt64Array(MIB / 8);
  const bytes = new Uint8Array(words.buffer);
  for (let first = 0; first < LONG_RECORDS; first += PER_MIB) {
    for (let i = 0; i < PER_MIB; i++) {
      words[4 * i] = BigInt(first + i);
      words[4 * i + 2] = failed(first + i) ? -5n : 4096n;
    }
    yield bytes;
  }
}

const n = BigInt(LONG_RECORDS);
const failures = Math.ceil(LONG_RECORDS / 7);
export const LONG_TRUTH = {
  failed: failures,
  dataSum: String((n * (n - 1n)) / 2n),
  resSum: String(4096n * (n - BigInt(failures)) - 5n * BigInt(failures)),
};
