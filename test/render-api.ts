// Renders docs/api.md from the declarations that tsc emits: TypeScript 7 has no compiler API, and they are regular.
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const DIST = join(import.meta.dirname, '../dist');

/** One statement of a .d.ts file, and the JSDoc before it. */
interface Statement {
  readonly text: string;
  readonly doc: string;
}

/** Something that a file declares. Names can be declared more than once: overloads, a type and a value. */
interface Declaration extends Statement {
  readonly name: string;
  readonly keyword: string;
  readonly exported: boolean;
}

/** A name that a door exports, where it is declared, and as what. */
interface Export {
  readonly name: string;
  readonly file: string;
  readonly declarations: readonly Declaration[];
}

/** What is skipped whole: comments and strings. */
const OPAQUE = /\/\*[\s\S]*?\*\/|\/\/.*|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`/y;
const BLOCK = /^(?:export )?(?:declare )?(?:abstract )?(?:interface|class|enum|namespace) /;

function opaqueAt(text: string, at: number): string | undefined {
  OPAQUE.lastIndex = at;
  return OPAQUE.exec(text)?.[0];
}

/** Where the statement at `begin` ends: at a semicolon outside of all brackets, or at the brace that closes a block. */
function endOf(text: string, begin: number): number {
  const isBlock = BLOCK.test(text.slice(begin, begin + 80));
  let depth = 0;
  for (let at = begin; at < text.length; at++) {
    const opaque = opaqueAt(text, at);
    if (opaque !== undefined) at += opaque.length - 1;
    else if ('([{'.includes(text[at])) depth += 1;
    else if (')]}'.includes(text[at])) depth -= 1;
    if (depth === 0 && (text[at] === ';' || (isBlock && text[at] === '}'))) return at + 1;
  }
  throw new Error(`a statement does not end: ${text.slice(begin, begin + 80)}`);
}

function statementsOf(text: string): Statement[] {
  const statements: Statement[] = [];
  let doc = '';
  for (let at = 0; at < text.length; ) {
    const comment = opaqueAt(text, at);
    if (/\s/.test(text[at])) at += 1;
    else if (comment !== undefined) {
      if (comment.startsWith('/**')) {
        if (doc !== '') statements.push({ text: '', doc });
        doc = comment;
      }
      at += comment.length;
    } else {
      const end = endOf(text, at);
      const isModule = /@module/.test(doc);
      if (isModule) statements.push({ text: '', doc });
      statements.push({ text: text.slice(at, end), doc: isModule ? '' : doc });
      doc = '';
      at = end;
    }
  }
  return statements;
}

const DECLARATION =
  /^(export )?(?:declare )?(?:abstract )?(interface|class|type|const|let|function|enum|namespace) ([\w$]+)/;

function declarationsOf(statements: readonly Statement[]): Declaration[] {
  return statements.flatMap((statement) => {
    const [, exported, keyword, name] = DECLARATION.exec(statement.text) ?? [];
    return name === undefined
      ? []
      : [{ ...statement, name, keyword, exported: exported !== undefined }];
  });
}

const parsed = new Map<string, readonly Statement[]>();
function read(file: string): readonly Statement[] {
  const statements = parsed.get(file) ?? statementsOf(readFileSync(file, 'utf8'));
  parsed.set(file, statements);
  return statements;
}

const TYPES = ['interface', 'type', 'class', 'enum'];
const REEXPORT = /^export (type )?(?:\*|\{([\s\S]*)\}) from '([^']+)';$/;

/** Every name that a file exports: what it declares wins over what it re-exports by name, and that over a star. */
function exportsOf(file: string): Map<string, Export> {
  const stars = new Map<string, Export>();
  const named = new Map<string, Export>();
  const own = new Map<string, Export>();
  for (const { text } of read(file)) {
    const [match, typeOnly, names, path] = REEXPORT.exec(text) ?? [];
    if (match === undefined) continue;
    const from = exportsOf(join(dirname(file), path.replace(/\.[jt]s$/, '.d.ts')));
    if (names === undefined) for (const [name, each] of from) stars.set(name, each);
    for (const [, asType, name, alias = name] of (names ?? '').matchAll(
      /(type )?([\w$]+)(?: as ([\w$]+))?/g,
    )) {
      const found = from.get(name);
      if (found === undefined)
        throw new Error(`${file} re-exports ${name}, which ${path} does not have`);
      const types = found.declarations.filter(({ keyword }) => TYPES.includes(keyword));
      named.set(alias, {
        ...found,
        name: alias,
        declarations: (typeOnly ?? asType) ? types : found.declarations,
      });
    }
  }
  for (const declaration of declarationsOf(read(file))) {
    const { name, exported } = declaration;
    if (exported)
      own.set(name, {
        name,
        file,
        declarations: [...(own.get(name)?.declarations ?? []), declaration],
      });
  }
  return new Map([...stars, ...named, ...own]);
}

/** What a signature names in its file that has no door of its own. */
function helpersOf({ file, declarations }: Export): Declaration[] {
  const hidden = declarationsOf(read(file)).filter(({ exported }) => !exported);
  const shown: Declaration[] = [];
  for (const { text } of declarations) collect(text);
  function collect(text: string): void {
    for (const helper of hidden) {
      if (shown.includes(helper) || !new RegExp(`\\b${helper.name}\\b`).test(text)) continue;
      shown.push(helper);
      collect(helper.text);
    }
  }
  return shown;
}

/** A JSDoc as prose. */
function prose(doc: string): string {
  return doc
    .slice(3, -2)
    .replace(/^[ \t]*\* ?/gm, '')
    .replace(/^@module\s*$/gm, '')
    .replace(
      /^@(\w)(\w*)\s+/gm,
      (_, first: string, rest: string) => `**${first.toUpperCase()}${rest}:** `,
    )
    .trim();
}

/** Tables are shown by their first lines: docs/records.md has them whole. */
const CONST_LINES_MAX = 14;

function signature({ text, keyword }: Declaration): string {
  const lines = text
    .replace(/^(export )?(declare )?/, '')
    .replace(/^ +#private;\n/gm, '')
    .replace(/^( +)/gm, (spaces) => ' '.repeat(spaces.length / 2))
    .replace(/ +$/gm, '')
    .split('\n');
  if (keyword !== 'const' || lines.length <= CONST_LINES_MAX) return lines.join('\n');
  const shown = lines.slice(0, CONST_LINES_MAX - 4);
  return [...shown, `  // … and ${lines.length - shown.length} lines more, alike`].join('\n');
}

const isDocumented = ({ declarations }: Export): boolean =>
  declarations.some(({ doc }) => doc !== '');

function section(each: Export): string {
  const docs = each.declarations
    .map(({ doc }) => (doc === '' ? '' : prose(doc)))
    .filter((doc) => doc !== '');
  const helpers = helpersOf(each).map(
    (helper) => (helper.doc === '' ? '' : `${helper.doc}\n`) + signature(helper),
  );
  const code = [...each.declarations.map(signature), ...helpers].join('\n\n');
  return `#### ${each.name}\n\n${docs.join('\n\n')}\n\n\`\`\`ts\n${code}\n\`\`\`\n`;
}

/** The rooms in the order in which a reader wants them; one that is not told here comes last. */
const ROOMS = ['stream', 'analysis', 'layout', 'sinks', 'engine', 'abi'];
const roomOf = (file: string): number =>
  ROOMS.includes(file.split('/')[0]) ? ROOMS.indexOf(file.split('/')[0]) : ROOMS.length;

interface Door {
  readonly heading: string;
  readonly file: string;
  /** Whether only what the file declares itself is told: the rest is told elsewhere. */
  readonly ownOnly?: boolean;
}

const DOORS: readonly Door[] = [
  { heading: 'aioscope, in every runtime', file: 'index.d.ts' },
  { heading: 'aioscope/abi', file: 'abi/index.d.ts', ownOnly: true },
  { heading: 'aioscope/text', file: 'text.d.ts' },
  { heading: 'aioscope/generate', file: 'generate/index.d.ts' },
  { heading: 'aioscope/bench', file: 'bench.d.ts' },
  { heading: 'aioscope/browser', file: 'browser.d.ts' },
  { heading: 'aioscope/arrow', file: 'sinks/arrow.d.ts', ownOnly: true },
  { heading: 'aioscope/parquet', file: 'sinks/parquet.d.ts', ownOnly: true },
  { heading: 'aioscope/duckdb', file: 'duckdb/index.d.ts', ownOnly: true },
];

function exportsOfDoor({ file, ownOnly = false }: Door): Export[] {
  const path = join(DIST, file);
  const every = exportsOf(path);
  const elsewhere = ownOnly ? exportsOf(join(DIST, DOORS[0].file)) : new Map<string, Export>();
  return [...every.values()].filter((each) => elsewhere.get(each.name)?.file !== each.file);
}

/** A heading's anchor, as GitHub makes it. */
function slugger(): (heading: string) => string {
  const seen = new Map<string, number>();
  return (heading) => {
    const slug = heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-');
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    return times === 0 ? slug : `${slug}-${times}`;
  };
}

/** The public names without a JSDoc. */
export const undocumented = (): string[] =>
  DOORS.flatMap((door) => exportsOfDoor(door).filter((each) => !isDocumented(each))).map(
    ({ name }) => name,
  );

/** docs/api.md. */
export function renderApi(): string {
  const slug = slugger();
  const contents: string[] = [];
  const body: string[] = [];
  for (const door of DOORS) {
    const moduleDoc =
      read(join(DIST, door.file)).find(({ doc }) => /@module/.test(doc))?.doc ?? '/** */';
    contents.push(`\n[**${door.heading}**](#${slug(door.heading)})\n`);
    body.push(`\n## ${door.heading}\n\n${prose(moduleDoc)}\n`);
    const exports = exportsOfDoor(door);
    const files = [...new Set(exports.map((each) => each.file))].map((path) => [
      path,
      relative(DIST, path).replace(/\.d\.ts$/, ''),
    ]);
    for (const [path, file] of files.sort(([, a], [, b]) => roomOf(a) - roomOf(b))) {
      const declared = exports.filter((each) => each.file === path);
      slug(file);
      const links = declared.map(({ name }) => `[\`${name}\`](#${slug(name)})`);
      contents.push(`- ${file}: ${links.join(' ')}`);
      body.push(`\n### ${file}\n`, ...declared.map((each) => `\n${section(each)}`));
    }
  }
  const intro =
    '# The API\n\nRendered from the declarations; `npm run build && npx vitest run api -u` renders it anew.\n';
  return `${intro}${contents.join('\n')}\n${body.join('')}`;
}
