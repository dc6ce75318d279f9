// What every program says of one file: the part of aioscope's --json that all of them compute, as one text.
const pick = (list, ...names) => list.map((entry) => names.map((name) => entry[name]));

/** `section` is `Summary.toJSON()[kind]`, or what a peer printed, which has the same shape. */
export function answerOf(kind, section) {
  const columns = Object.entries(section.columns).map(([name, { min, max, sum }]) => [
    name,
    min,
    max,
    sum,
  ]);
  const counts =
    kind === 'iocb'
      ? [
          pick(section.opcodes, 'opcode', 'count', 'nbytes'),
          pick(section.sizes, 'from', 'count'),
          pick(section.iovecs, 'from', 'count'),
        ]
      : [pick(section.errors, 'errno', 'count'), pick(section.sizes, 'from', 'count')];
  return JSON.stringify([section.records, columns, ...counts]);
}
