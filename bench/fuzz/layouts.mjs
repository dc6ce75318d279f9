// Layouts from the grammar, and layouts that were one before something happened to them.
const NAMES = [
  'ts',
  'addr',
  'pid',
  'tid',
  'comm',
  'ctx',
  'seq',
  'ret',
  'a',
  'b_2',
  'data',
  'aio_data',
  'constructor',
  'length',
];
const TYPES = [
  'u8',
  'i8',
  'u16',
  'i16',
  'u32',
  'i32',
  'u64',
  'i64',
  'char1',
  'char3',
  'char16',
  'char100',
];
const STRAY = [...',:_0a9Z \0', 'é', 'record', 'pad:', 'char', '__proto__', ':u64'];

/** A layout that the grammar has; of some kinds its names may clash with the record's. */
function grammatical(r) {
  const items = Array.from({ length: r.below(6) }, () =>
    r.below(4) === 0 ? `pad:${1 + r.below(20)}` : null,
  );
  const names = [...NAMES];
  const fields = items.map(
    (item) => item ?? `${names.splice(r.below(names.length), 1)[0]}:${r.pick(TYPES)}`,
  );
  fields.splice(r.below(fields.length + 1), 0, 'record');
  return fields.join(',');
}

/** A layout that may be none. */
function damaged(r, text) {
  const at = r.below(text.length + 1);
  switch (r.below(4)) {
    case 0:
      return text.slice(0, at) + text.slice(at + 1 + r.below(4));
    case 1:
      return text.slice(0, at) + r.pick(STRAY) + text.slice(at);
    case 2:
      return `${text},${text.slice(at)}`;
    default:
      return text.replace(/\d+/, String(r.pick([0, 7, 4096, 4097, 99999, 2 ** 53])));
  }
}

/** How the records of an input may lie. */
export function randomLayout(r, presets) {
  const text = r.below(3) === 0 ? r.pick(presets) : grammatical(r);
  return r.below(6) === 0 ? damaged(r, text) : text;
}
