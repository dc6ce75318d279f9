// Paragraphs, lists and findings.
import { capitalize } from '../../../words/format.ts';
import type { FindingsPart, ListPart, Role, TextPart } from '../../../words/section.ts';
import { CopyButton } from './copy-button.tsx';
import { Sign, type SignName } from './sign.tsx';
import { shownText, Words } from './words.tsx';

const SIGNS: Readonly<Partial<Record<Role, readonly [sign: SignName, word: string]>>> = {
  good: ['good', 'Good'],
  bad: ['error', 'Error'],
  warning: ['warning', 'Warning'],
};

/** The sign of a role with its word for those who do not see it. */
function RoleSign({ role }: { readonly role: Role | undefined }) {
  const [sign, word] = (role && SIGNS[role]) ?? [];
  if (sign === undefined) return null;
  return (
    <>
      <Sign name={sign} />
      <span class="hidden">{word}: </span>
    </>
  );
}

/** A sentence with its capital letter and its period; of a note, as it is. */
export function Paragraph({ part: { text, role } }: { readonly part: TextPart }) {
  if (role === 'note')
    return (
      <p class="note">
        <Words text={text} />
      </p>
    );
  return (
    <p class={role}>
      <RoleSign role={role} />
      <Words text={capitalize(text)} />
      {/[.?:]$/.test(text) ? '' : '.'}
    </p>
  );
}

/** Sentences by subject; a subject that was named just before is not repeated. */
export function SubjectList({ part: { items } }: { readonly part: ListPart }) {
  return (
    <dl class="subjects">
      {items.map(({ name, text, role }, i) => {
        const isRepeated = items[i - 1]?.name === name;
        return (
          <div key={i}>
            <dt>
              {isRepeated ? <span class="hidden">{shownText(name)}</span> : <Words text={name} />}
            </dt>
            <dd class={role}>
              <RoleSign role={role} />
              <Words text={text} />
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

export function FindingList({ part: { items } }: { readonly part: FindingsPart }) {
  return (
    <ul class="findings">
      {items.map(({ severity, text, next }) => (
        <li key={`${severity} ${text} ${next}`}>
          <span class={`severity ${severity}`}>
            <Sign name={severity} /> {severity}
          </span>
          <div>
            <Words text={capitalize(text)} />
            {next !== undefined && (
              <div class="next">
                <code>{shownText(next)}</code>
                <CopyButton text={next} what="the command line" />
              </div>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}
