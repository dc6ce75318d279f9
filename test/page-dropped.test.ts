// Are dropped and chosen files taken as what they are: files in the order of their names, and folders of a trace as one?
import { expect, test } from 'vitest';
import { chosenSources, sourcesOf } from '../src/page/dropped.ts';

const placed = (path: string) => {
  const slash = path.lastIndexOf('/') + 1;
  return { folder: path.slice(0, slash), file: new File(['x'], path.slice(slash)) };
};

test('files are sorted by name, and those of a folder without a trace are files', () => {
  const sources = sourcesOf(['b.iocb', 'a.ioev', 'dumps/c.iocb'].map(placed));
  expect(sources.map(({ name }) => name)).toEqual(['a.ioev', 'b.iocb', 'c.iocb']);
});

test('files of the same name stay in the order in which they were given', () => {
  const files = ['1', '22', '333'].map((text) => ({ folder: '', file: new File([text], 'dump') }));
  const sizes = sourcesOf(files).map((each) => 'blob' in each && each.blob.size);
  expect(sizes).toEqual([1, 2, 3]);
});

test('a folder with a part or the description of a trace is one source with these alone', () => {
  const paths = ['run.trace/capture.json', 'run.trace/submissions.iocb88', 'run.trace/notes.txt'];
  const [trace, other] = sourcesOf([...paths, 'other.iocb'].map(placed));
  expect(trace).toMatchObject({ name: 'run.trace' });
  expect('files' in trace && Object.keys(trace.files)).toEqual([
    'capture.json',
    'submissions.iocb88',
  ]);
  expect('files' in trace && trace.files['submissions.iocb88'].name).toBe(
    'run.trace/submissions.iocb88',
  );
  expect(other.name).toBe('other.iocb');
});

test('two traces stay apart, and a part outside of a folder is a file', () => {
  const sources = sourcesOf(
    ['a/completions.ioev56', 'b/completions.ioev56', 'completions.ioev56'].map(placed),
  );
  expect(sources.map((source) => [source.name, 'files' in source])).toEqual([
    ['a', true],
    ['b', true],
    ['completions.ioev56', false],
  ]);
});

test('files chosen in a folder have the path that the browser gives', () => {
  const file = new File(['x'], 'refused.bin');
  Object.defineProperty(file, 'webkitRelativePath', { value: 'run.trace/refused.bin' });
  expect(chosenSources([file])[0]).toMatchObject({ name: 'run.trace', files: {} });
});
