// Renders docs/api/ from the declarations that tsc emits: TypeScript 7 has no compiler API, and they are regular.
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');

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
  /** Whether the door exports only the type of a class. */
  readonly isTypeOnly?: boolean;
}

/** What is skipped whole: comments and strings. */
const OPAQUE = /\/\*[\s\S]*?\*\/|\/\/.*|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`/y;
const BLOCK = /^(?:export )?(?:declare )?(?:abstract )?(?:interface|class|enum|namespace|global) /;

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
        isTypeOnly: (typeOnly ?? asType) !== undefined,
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

/** A JSDoc as Markdown. */
function prose(doc: string): string {
  return doc
    .slice(3, -2)
    .replace(/^[ \t]*\* ?/gm, '')
    .replace(/^@(module|example)\s*$/gm, '')
    .replace(
      /^@(\w)(\w*)\s+/gm,
      (_, first: string, rest: string) => `**${first.toUpperCase()}${rest}:** `,
    )
    .replace(/\n{3,}/g, '\n\n')
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
  if (each.isTypeOnly && groupOf(each) === 'Classes') docs.push('Exported as a type.');
  const helpers = helpersOf(each).map(
    (helper) => (helper.doc === '' ? '' : `${helper.doc}\n`) + signature(helper),
  );
  const code = [...each.declarations.map(signature), ...helpers].join('\n\n');
  return `### ${each.name}\n\n${docs.join('\n\n')}\n\n\`\`\`ts\n${code}\n\`\`\`\n`;
}

/** A door of package.json: how programs import it, and its page. */
interface Door {
  readonly name: string;
  readonly page: string;
  readonly exports: readonly Export[];
  readonly moduleDoc: string;
}

const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  exports: Record<string, string | { types?: string }>;
};
const doors = Object.entries(exports).flatMap(([path, target]): Door[] => {
  if (typeof target === 'string') return [];
  const file = join(ROOT, target.types ?? '');
  const doc = read(file).find((statement) => /@module/.test(statement.doc))?.doc ?? '/** */';
  const name = path.replace('.', 'aioscope');
  const page = `${path === '.' ? name : path.slice(2)}.md`;
  return [{ name, page, exports: [...exportsOf(file).values()], moduleDoc: prose(doc) }];
});

/** A name is described once: what `abi/` declares at its own door, the rest where it comes first. */
function ownerOf({ name, file }: Export): Door | undefined {
  const inAbi = relative(DIST, file).startsWith('abi');
  return doors.find(
    (door) =>
      (door.page === 'abi.md' || !inAbi) &&
      door.exports.some((each) => each.name === name && each.file === file),
  );
}

const GROUPS = ['Functions', 'Classes', 'Constants', 'Types'] as const;
function groupOf({ declarations }: Export): (typeof GROUPS)[number] {
  const keywords = declarations.map(({ keyword }) => keyword);
  if (keywords.includes('function')) return 'Functions';
  if (keywords.includes('class')) return 'Classes';
  const constant = declarations.find(({ keyword }) => keyword === 'const');
  if (constant === undefined) return 'Types';
  return /^[^:]*: \(.*\) => /.test(constant.text) ? 'Functions' : 'Constants';
}

/** The rooms in the order in which a reader wants them; other rooms come last. */
const ROOMS = ['stream', 'analysis', 'layout', 'sinks', 'engine', 'abi'];
function roomOf({ file }: Export): number {
  const [room] = relative(DIST, file).split('/');
  return ROOMS.includes(room) ? ROOMS.indexOf(room) : ROOMS.length;
}

/** What is described on the page of a door, by group. */
const described = (door: Door): (readonly [string, readonly Export[]])[] =>
  GROUPS.map(
    (group) =>
      [
        group,
        door.exports
          .filter((each) => ownerOf(each) === door && groupOf(each) === group)
          .sort((a, b) => roomOf(a) - roomOf(b)),
      ] as const,
  ).filter(([, group]) => group.length > 0);

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

/** The anchors of a page: its names in the order of its headings. */
function anchorsOf(door: Door): Map<string, string> {
  const slug = slugger();
  slug(door.name);
  return new Map(
    described(door).flatMap(([group, each]) => {
      slug(group);
      return each.map(({ name }) => [name, slug(name)] as const);
    }),
  );
}

/** The public names without a JSDoc. */
export const undocumented = (): string[] =>
  doors
    .flatMap((door) => door.exports.filter((each) => !isDocumented(each)))
    .map(({ name }) => name);

/** The subject of a type: the analysis, or the room that declares it. */
const subjectOf = ({ file }: Export): string => {
  const path = relative(DIST, file).split('/');
  return path.length === 1 ? 'others' : path[path.length - 2];
};

/** The links to a group of names; types of many subjects are listed by subject. */
function links(group: string, names: readonly Export[], anchors: Map<string, string>): string[] {
  const line = (head: string, each: readonly Export[]): string =>
    `**${head}**: ${each.map(({ name }) => `[\`${name}\`](#${anchors.get(name)})`).join(' ')}\n`;
  if (group !== 'Types') return [line(group, names)];
  const subjects = [...new Set(names.map(subjectOf))];
  if (subjects.length < 4) return [line(group, names)];
  return subjects.map((subject) =>
    line(
      `${group}, ${subject}`,
      names.filter((each) => subjectOf(each) === subject),
    ),
  );
}

function pageOf(door: Door): string {
  const anchors = anchorsOf(door);
  const groups = described(door);
  const contents = groups.flatMap(([group, names]) => links(group, names, anchors));
  const elsewhere = door.exports.flatMap((each) => {
    const owner = ownerOf(each);
    if (owner === undefined || owner === door) return [];
    return [`[\`${each.name}\`](${owner.page}#${anchorsOf(owner).get(each.name)})`];
  });
  if (elsewhere.length > 0) contents.push(`**Also exported**: ${elsewhere.join(' ')}\n`);
  const body = groups.flatMap(([group, each]) => [`## ${group}\n`, ...each.map(section)]);
  return [`# ${door.name}\n`, `${door.moduleDoc}\n`, ...contents, ...body].join('\n');
}

/** The pages of docs/api/ by file name. */
export function renderApi(): Map<string, string> {
  const rows = doors.map(
    ({ name, page, moduleDoc }) =>
      `| [\`${name}\`](${page}) | ${moduleDoc.split('\n\n')[0].replaceAll('\n', ' ')} |\n`,
  );
  const index = `# The API

What programs import, a page per door of the package. Rendered from the declarations;
\`npm run build && npx vitest run api -u\` renders them anew.

| import from | what it does |
| --- | --- |
${rows.join('')}`;
  return new Map([
    ['README.md', index],
    ...doors.map((door) => [door.page, pageOf(door)] as const),
  ]);
}

/** The sample at the head of each door, and what it prints if that is always the same. */
export const samples = (): { door: string; script: string; output: string | undefined }[] =>
  doors.map(({ name, moduleDoc }) => {
    const [, script = ''] = /```js\n([\s\S]*?)```/.exec(moduleDoc) ?? [];
    const [, output] = /```text\n([\s\S]*?)```/.exec(moduleDoc) ?? [];
    return { door: name, script, output };
  });
