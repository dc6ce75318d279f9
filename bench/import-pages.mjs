// How many events of raw tracefs pages does one core import per second, and in how much memory?
// node bench/import-pages.mjs [repetitions] repeats the pages of a fixture, with later times.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { importLog } from 'aioscope/import';
import { unpackTar } from 'modern-tar';
import { peakKb } from './peak.mjs';

const PAGE_BYTES = 4096;
/** MB that an import may take. */
const PEAK_MAX = 120;
const times = Number(process.argv[2] ?? 400);
const path = new URL(
  '../test/fixtures/tracefs/kprobe-6.12.117+deb13-amd64.tar.gz',
  import.meta.url,
);
const members = await unpackTar(gunzipSync(readFileSync(fileURLToPath(path))));
const mixed = members.filter(({ header }) => header.name.includes('/mixed/'));
const raws = mixed.filter(({ header }) => header.name.endsWith('.raw'));

const pages = (raw) =>
  Array.from({ length: raw.byteLength / PAGE_BYTES }, (_, i) =>
    Buffer.from(raw.buffer, raw.byteOffset + i * PAGE_BYTES, PAGE_BYTES),
  );
const starts = raws
  .flatMap(({ data }) => pages(data).map((page) => page.readBigUInt64LE(0)))
  .sort((a, b) => Number(a - b));
const span = starts[starts.length - 1] - starts[0] + 10n ** 9n;

/** A file in memory, again and again: `later` is called before each time. */
function repeated({ header, data }, count, later) {
  const byteLength = data.byteLength * count;
  let position = 0;
  return {
    name: header.name,
    byteLength,
    read(target) {
      if (position === byteLength) return 0;
      const at = position % data.byteLength;
      if (at === 0 && position > 0) later();
      const part = data.subarray(at, at + target.byteLength);
      target.set(part);
      position += part.byteLength;
      return part.byteLength;
    },
    close() {},
  };
}

/** Moves the pages of a CPU to a later time. */
const move = (data) => {
  for (const page of pages(data)) page.writeBigUInt64LE(page.readBigUInt64LE(0) + span, 0);
};

const texts = mixed
  .filter(({ header }) => /header_page$|\.format$/.test(header.name))
  .map((text) => repeated(text, 1));
let events = 0;
const log = importLog(
  [...texts, ...raws.map((raw) => repeated(raw, times, () => move(raw.data)))],
  {
    onProgress: (progress) => {
      events = progress.records;
    },
  },
);
const before = process.cpuUsage();
for await (const _ of log.chunks());
const { user, system } = process.cpuUsage(before);
const seconds = (user + system) / 1e6;
const peak = peakKb() / 1024;
console.log(
  `${events} events, ${Math.round(events / seconds)} per CPU second, peak ${Math.round(peak)} MB`,
);
if (events < 4000 * times || peak > PEAK_MAX || Object.keys(log.manifest.dropped).length > 0) {
  console.error(log.manifest.dropped);
  process.exitCode = 1;
}
