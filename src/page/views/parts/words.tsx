// Text of `words/` in HTML.
import { UNIT_SPACE } from '../../../words/format.ts';

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Text as it is shown: names of files and programs may hold anything, also signs that reorder a
 * line, which are escaped. Numbers stay with their units.
 */
export const shownText = (text: string): string =>
  text
    .replace(UNPRINTABLE, (char) => {
      const code = (char.codePointAt(0) ?? 0).toString(16);
      return code.length > 2 ? `\\u{${code}}` : `\\x${code.padStart(2, '0')}`;
    })
    .replace(UNIT_SPACE, '\u00a0');

/** Text from outside. */
export const Words = ({ text }: { readonly text: string }) => <>{shownText(text)}</>;
