// Signs beside words: what they mean is never said by color alone.
import type { FindingItem } from '../../../words/section.ts';

/** What a sign stands for. */
export type SignName = FindingItem['severity'] | 'good';

const PATHS: Readonly<Record<SignName, string>> = {
  good: 'M3 8.5l3.2 3.2L13 5',
  error: 'M5 1.5h6L14.5 5v6L11 14.5H5L1.5 11V5zM5.5 5.5l5 5M10.5 5.5l-5 5',
  warning: 'M8 2L14.5 13.5H1.5zM8 6.5v3.2M8 11.6v.4',
  note: 'M8 1.5a6.5 6.5 0 1 0 .01 0zM8 7.2v4M8 4.6v.4',
};

export const Sign = ({ name }: { readonly name: SignName }) => (
  <svg class={`sign ${name}`} viewBox="0 0 16 16" aria-hidden="true">
    <path d={PATHS[name]} />
  </svg>
);
