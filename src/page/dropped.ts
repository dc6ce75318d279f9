// Files, folders and traces that were dropped or chosen, as sources of a session.
import { MANIFEST_FILE, PARTS } from '../internal-page.ts';
import type { FileBytes, PageSource } from './session.ts';

/** A file and where it was in what was dropped. */
interface PlacedFile {
  /** The path of its folder, with a slash at its end; empty for a file without one. */
  readonly folder: string;
  readonly file: File;
}

/** Files whose presence makes a folder a trace. */
const TRACE_FILES = [MANIFEST_FILE, ...Object.values(PARTS).map(({ file }) => file)];

const asFile = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => entry.file(resolve, reject));

/** All entries of a folder, which a browser gives in portions. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return all;
    all.push(...some);
  }
}

async function filesIn(entry: FileSystemEntry, folder: string): Promise<PlacedFile[]> {
  if (entry.isFile) return [{ folder, file: await asFile(entry as FileSystemFileEntry) }];
  const entries = await entriesOf(entry as FileSystemDirectoryEntry);
  const inner = `${folder}${entry.name}/`;
  return (await Promise.all(entries.map((each) => filesIn(each, inner)))).flat();
}

/** Files of the same name stay in the order in which they were given. */
const byName = ({ name: a }: FileBytes, { name: b }: FileBytes): number =>
  a === b ? 0 : a < b ? -1 : 1;

/** Folders that are traces become one source each; every other file is one of its own. */
export function sourcesOf(placed: readonly PlacedFile[]): PageSource[] {
  const folders = new Map<string, PlacedFile[]>();
  for (const each of placed) folders.set(each.folder, [...(folders.get(each.folder) ?? []), each]);
  return [...folders].flatMap(([folder, files]): PageSource[] => {
    const isTrace = folder !== '' && files.some(({ file }) => TRACE_FILES.includes(file.name));
    const bytes = files.map(({ file }): FileBytes => ({ name: file.name, blob: file }));
    if (!isTrace) return bytes.sort(byName);
    const parts = bytes.filter(({ name }) => TRACE_FILES.includes(name));
    const named = parts.map((each) => [each.name, { ...each, name: `${folder}${each.name}` }]);
    return [
      {
        name: folder.slice(0, -1),
        files: Object.fromEntries(named),
      },
    ];
  });
}

/** What was dropped; folders are searched for files. */
export async function droppedSources(transfer: DataTransfer): Promise<PageSource[]> {
  // Entries can be asked for only before the first wait.
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (entries.length === 0) return chosenSources(transfer.files);
  return sourcesOf((await Promise.all(entries.map((entry) => filesIn(entry, '')))).flat());
}

/** What was chosen in a dialog, of files or of a folder. */
export const chosenSources = (files: Iterable<File>): PageSource[] =>
  sourcesOf(
    [...files].map((file) => {
      const path = file.webkitRelativePath;
      return { folder: path.slice(0, path.lastIndexOf('/') + 1), file };
    }),
  );
